//! Arrays in numpy's `.npy` format.

use std::io::{self, Read, Write};

use ndarray::{ArrayView1, ArrayView2, ShapeBuilder};
use ndarray_npy::{WriteNpyError, WriteNpyExt};

use crate::nmf::Matrix;
use crate::project::ProjectError;

/// Most bytes of a header: far more than the three fields of one need.
const LONGEST_HEADER: usize = 4096;
/// How a file begins.
const MAGIC: &[u8] = b"\x93NUMPY";
/// Most values that memory is reserved for before they have been seen.
const RESERVED: usize = 1 << 20;
/// Bytes read at once.
const BLOCK_BYTES: usize = 1 << 16;

/// Writes a matrix as `float32` in Fortran order, which is how it lies in memory.
pub(in crate::project) fn write_matrix(matrix: &Matrix, to: impl Write) -> io::Result<()> {
    let shape = (matrix.rows(), matrix.cols()).f();
    let view = ArrayView2::from_shape(shape, matrix.as_slice()).map_err(io::Error::other)?;
    view.write_npy(to).map_err(plain)
}

/// Writes a list as `float64`.
pub(super) fn write_values(values: &[f64], to: impl Write) -> io::Result<()> {
    ArrayView1::from(values).write_npy(to).map_err(plain)
}

fn plain(error: WriteNpyError) -> io::Error {
    match error {
        WriteNpyError::Io(error) => error,
        other => io::Error::other(other),
    }
}

/// Reads a matrix of this shape, of `float32` or `float64` in either order.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn read_matrix(
    mut from: impl Read,
    (rows, cols): (usize, usize),
) -> Result<Matrix, ProjectError> {
    let array = ArrayHeader::read(&mut from)?;
    if array.shape != [rows, cols] {
        return Err(damaged(format!(
            "it has the shape {:?}, but {rows} × {cols} are needed",
            array.shape
        )));
    }
    let values: Vec<f32> = array.values(from, |value| value as f32)?;
    if array.fortran {
        return Matrix::from_columns(rows, values).map_err(|error| damaged(error.to_string()));
    }
    Ok(Matrix::from_fn(rows, cols, |r, c| values[r * cols + c]))
}

/// Reads a list.
pub(super) fn read_values(mut from: impl Read) -> Result<Vec<f64>, ProjectError> {
    let array = ArrayHeader::read(&mut from)?;
    if array.shape.len() != 1 {
        return Err(damaged(format!("it has the shape {:?}", array.shape)));
    }
    array.values(from, |value| value)
}

/// What stands before the values.
struct ArrayHeader {
    shape: Vec<usize>,
    fortran: bool,
    double: bool,
}

impl ArrayHeader {
    fn read(from: &mut impl Read) -> Result<Self, ProjectError> {
        let text = header_text(from)?;
        let parsed = (|| {
            let double = match quoted(field(&text, "descr")?)? {
                "<f4" => false,
                "<f8" => true,
                _ => return None,
            };
            let fortran = match field(&text, "fortran_order")? {
                value if value.starts_with("True") => true,
                value if value.starts_with("False") => false,
                _ => return None,
            };
            let (shape, _) = field(&text, "shape")?.strip_prefix('(')?.split_once(')')?;
            let lengths = shape
                .split(',')
                .map(str::trim)
                .filter(|length| !length.is_empty());
            Some(Self {
                shape: lengths
                    .map(|length| length.parse().ok())
                    .collect::<Option<_>>()?,
                fortran,
                double,
            })
        })();
        parsed.ok_or_else(|| damaged("it is no array of floats of 32 or 64 bit".into()))
    }

    fn values<T>(
        &self,
        mut from: impl Read,
        convert: impl Fn(f64) -> T,
    ) -> Result<Vec<T>, ProjectError> {
        let count = self
            .shape
            .iter()
            .try_fold(1_usize, |count, &length| count.checked_mul(length))
            .ok_or_else(|| damaged("its shape is impossible".into()))?;
        let mut values = Vec::with_capacity(count.min(RESERVED));
        let width = if self.double { 8 } else { 4 };
        let mut block = [0; BLOCK_BYTES];
        while values.len() < count {
            let length = (count - values.len()).min(BLOCK_BYTES / width) * width;
            let block = &mut block[..length];
            from.read_exact(block).map_err(broken_off)?;
            if self.double {
                values.extend(
                    block
                        .as_chunks()
                        .0
                        .iter()
                        .map(|&x| convert(f64::from_le_bytes(x))),
                );
            } else {
                let float = |&x| convert(f64::from(f32::from_le_bytes(x)));
                values.extend(block.as_chunks().0.iter().map(float));
            }
        }
        // The checksum is compared at the end of the member, and nothing may stand behind.
        match from.read(&mut [0]).map_err(broken_off)? {
            0 => Ok(values),
            _ => Err(damaged("more values follow than its header says".into())),
        }
    }
}

/// The text of a header: a Python dictionary with the keys `descr`, `fortran_order`, `shape`.
/// The parser of `ndarray-npy` is not asked, since it allocates what a header claims.
fn header_text(from: &mut impl Read) -> Result<String, ProjectError> {
    let mut start = [0; 8];
    from.read_exact(&mut start).map_err(broken_off)?;
    if !start.starts_with(MAGIC) {
        return Err(damaged("it is no .npy file".into()));
    }
    // From version 2 on the length has 4 bytes.
    let mut length = [0; 4];
    let width = if start[6] == 1 { 2 } else { 4 };
    from.read_exact(&mut length[..width]).map_err(broken_off)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST_HEADER {
        return Err(damaged("its header is too long".into()));
    }
    let mut text = vec![0; length];
    from.read_exact(&mut text).map_err(broken_off)?;
    String::from_utf8(text).map_err(|_| damaged("its header is no text".into()))
}

/// What follows a key.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("'{key}'"))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

fn quoted(text: &str) -> Option<&str> {
    Some(text.strip_prefix('\'')?.split_once('\'')?.0)
}

fn damaged(what: String) -> ProjectError {
    ProjectError::Damaged(what)
}

fn broken_off(error: io::Error) -> ProjectError {
    damaged(format!("it cannot be read to its end ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> Matrix {
        Matrix::from_fn(3, 2, |r, c| (10 * r + c) as f32)
    }

    /// A file as numpy writes it.
    fn npy(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn a_matrix_is_written_column_by_column_under_a_header_of_its_shape() {
        let mut bytes = Vec::new();
        write_matrix(&matrix(), &mut bytes).unwrap();
        assert!(bytes.starts_with(b"\x93NUMPY\x01\x00"));
        let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        assert_eq!((10 + length) % 64, 0);
        let header = std::str::from_utf8(&bytes[10..10 + length]).unwrap();
        for part in ["'descr': '<f4'", "'fortran_order': True", "'shape': (3, 2)"] {
            assert!(header.contains(part), "{header}");
        }
        let values: Vec<f32> = bytes[10 + length..]
            .chunks(4)
            .map(|x| f32::from_le_bytes(x.try_into().unwrap()))
            .collect();
        assert_eq!(values, [0.0, 10.0, 20.0, 1.0, 11.0, 21.0]);
        assert_eq!(read_matrix(bytes.as_slice(), (3, 2)).unwrap(), matrix());
    }

    #[test]
    fn doubles_and_rows_in_c_order_are_read_as_well() {
        let rows = [0.0_f64, 1.0, 10.0, 11.0, 20.0, 21.0]
            .map(f64::to_le_bytes)
            .concat();
        let bytes = npy("<f8", "False", "(3, 2)", &rows);
        assert_eq!(read_matrix(bytes.as_slice(), (3, 2)).unwrap(), matrix());
    }

    #[test]
    fn lists_come_back_with_every_bit() {
        let values = [1.0 / 3.0, 0.0, f64::MIN_POSITIVE];
        let mut bytes = Vec::new();
        write_values(&values, &mut bytes).unwrap();
        assert_eq!(read_values(bytes.as_slice()).unwrap(), values);
    }

    #[test]
    fn arrays_that_lie_are_refused_and_take_no_memory() {
        let huge = npy("<f4", "True", "(4294967295, 4294967295)", &[0; 8]);
        let overflowing = npy("<f4", "True", "(18446744073709551615, 3)", &[]);
        let nested = npy("<f4", "True", &"(".repeat(4000), &[]);
        let integers = npy("<i4", "True", "(3, 2)", &[0; 24]);
        let long = npy("<f4", "True", "(3, 2)", &[0; 25]);
        let short = npy("<f4", "True", "(3, 2)", &[0; 23]);
        let mut announced = b"\x93NUMPY\x02\x00".to_vec();
        announced.extend(u32::MAX.to_le_bytes());
        for bytes in [
            &huge[..],
            &overflowing,
            &nested,
            &integers,
            &long,
            &short,
            &announced,
            b"",
            b"\x93NUMPY",
        ] {
            for shape in [(3, 2), (4_294_967_295, 4_294_967_295)] {
                let refused = read_matrix(bytes, shape);
                assert!(matches!(refused, Err(ProjectError::Damaged(_))));
            }
        }
    }
}

//! A hint to the processor; the one place of the kernel that needs `unsafe`.

/// Asks for `values` to be brought into the second-level cache. Changes no result.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn prefetch(values: &[f32]) {
    #[cfg(target_arch = "x86_64")]
    for line in values.chunks(16) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: a prefetch is only a hint: it reads nothing that the program can observe and
        // never faults; the pointer comes from a live slice all the same.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = values;
}

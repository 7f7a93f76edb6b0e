"""What others do with the same mixtures, in their own libraries and a few lines of ours.

Each peer makes J stems of mix.wav in `folder`; with `components` set, so many components instead, to be
grouped by the true stems. Masks are Wiener masks on the complex spectra of every channel, so that all
stems of a peer add up to the mixture.
"""
import numpy as np
import soundfile
from scipy.fft import dct
from scipy.signal import istft, stft

TRANSFORM = {"nperseg": 2048, "noverlap": 1536, "window": "hann"}


def read(mix):
    samples, rate = soundfile.read(mix, always_2d=True)
    _, _, spectra = stft(samples.T, rate, **TRANSFORM)
    return samples, rate, spectra, np.abs(spectra).sum(0) + 1e-10


def write(folder, samples, rate, spectra, parts):
    """One stem for each part of the model, which are magnitudes."""
    whole = sum(parts) + 1e-20
    for k, part in enumerate(parts):
        _, stem = istft(spectra * (part / whole), rate, **TRANSFORM)
        stem = stem[:, :len(samples)].T
        soundfile.write(folder / f"{k:03}.wav", stem, rate, subtype="FLOAT")


def scikit_learn(init):
    """KL-NMF on the magnitudes of all channels added up."""
    from sklearn.decomposition import non_negative_factorization

    def separate(mix, stems, components, folder):
        samples, rate, spectra, magnitude = read(mix)
        w, h, _ = non_negative_factorization(
            magnitude, n_components=components or stems, init=init, solver="mu",
            beta_loss="kullback-leibler", max_iter=200, random_state=0)
        write(folder, samples, rate, spectra, [np.outer(w[:, k], h[k]) for k in range(w.shape[1])])
    return separate


def librosa_decompose(mix, stems, components, folder):
    """librosa.decompose.decompose as it comes."""
    import librosa
    samples, rate, spectra, magnitude = read(mix)
    w, h = librosa.decompose.decompose(magnitude, n_components=components or stems)
    write(folder, samples, rate, spectra, [np.outer(w[:, k], h[k]) for k in range(w.shape[1])])


def mfcc_clusters(mix, stems, components, folder):
    """As nussl's NMF_MFCC does it: 50 templates, k-means on their cepstra 1 to 13."""
    import librosa
    from sklearn.cluster import KMeans
    from sklearn.decomposition import NMF
    samples, rate, spectra, magnitude = read(mix)
    model = NMF(50, init="random", solver="mu", max_iter=50, tol=0, random_state=0)
    w = model.fit_transform(magnitude)
    bank = librosa.filters.mel(sr=rate, n_fft=TRANSFORM["nperseg"], n_mels=40)
    cepstra = dct(librosa.power_to_db((bank @ w) ** 2), axis=0, norm="ortho")[1:14].T
    groups = KMeans(stems, n_init=10, random_state=0).fit_predict(cepstra)
    parts = [w[:, groups == g] @ model.components_[groups == g] for g in range(stems)]
    write(folder, samples, rate, spectra, parts)


BLIND = {
    "scikit-learn, KL, K = J, random": scikit_learn("random"),
    "scikit-learn, KL, K = J, nndsvda": scikit_learn("nndsvda"),
    "librosa.decompose, K = J": librosa_decompose,
    "MFCC clustering as in nussl": mfcc_clusters,
}
ORACLE = {
    "scikit-learn, 4J, random": scikit_learn("random"),
    "scikit-learn, 4J, nndsvda": scikit_learn("nndsvda"),
}

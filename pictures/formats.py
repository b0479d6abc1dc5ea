"""Which format bytes claim to be by their first bytes; names and mime types lie."""

from pictures.errors import PictureRefused, Refusal

TAKEN = ("JPEG", "PNG", "WEBP", "GIF", "HEIC", "AVIF")
_TAKEN_BY_START = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
}
_OTHERS_BY_START = {
    b"BM": "BMP",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"II+\x00": "TIFF",
    b"MM\x00+": "TIFF",
    b"%PDF": "PDF",
    b"%!PS": "EPS",
    b"\xc5\xd0\xd3\xc6": "EPS",
    b"PK\x03\x04": "ZIP",
    b"8BPS": "PSD",
    b"\x00\x00\x01\x00": "ICO",
    b"icns": "ICNS",
    b"DDS ": "DDS",
    b"BLP1": "BLP",
    b"BLP2": "BLP",
    b"\x01\xda": "SGI",
    b"\x00\x00\x00\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\xff\x0a": "JPEG XL",
    b"\x00\x00\x00\x0cJXL ": "JPEG XL",
    b"qoif": "QOI",
    b"\x1aE\xdf\xa3": "video",
}
# A file of the ISO family tells in its first box what it can be read as; some of HEIC call themselves only “mif1”.
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_LOOKED_THROUGH = 1024


def kind_of(data: bytes) -> str:
    """One of TAKEN.

    Raises:
        PictureRefused: it is another format, or none that is known.
    """
    for start, kind in _TAKEN_BY_START.items():
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _of_iso_family(data)
    for start, kind in _OTHERS_BY_START.items():
        if data.startswith(start):
            raise PictureRefused(Refusal.KIND_NOT_TAKEN, given=kind)
    if b"<svg" in data[:_LOOKED_THROUGH]:
        raise PictureRefused(Refusal.KIND_NOT_TAKEN, given="SVG")
    raise PictureRefused(Refusal.NOT_A_PICTURE)


def _of_iso_family(data: bytes) -> str:
    box = data[: min(int.from_bytes(data[:4], "big"), _LOOKED_THROUGH)]
    brands = [box[8:12], *(box[at : at + 4] for at in range(16, len(box), 4))]
    if not _AVIF_BRANDS.isdisjoint(brands):
        return "AVIF"
    if not _HEIC_BRANDS.isdisjoint(brands):
        return "HEIC"
    raise PictureRefused(Refusal.KIND_NOT_TAKEN, given="video")

"""The formats of images that are read, and the extensions of their files."""

from importlib.util import find_spec

# By the name that Pillow gives a format. Left out are formats that start other programs (EPS), that no first
# bytes prove (TGA), and that only a plugin reads (HEIC).
FORMATS = {
    "PNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "BMP": (".bmp",),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "JPEG2000": (".jp2", ".j2k"),
    **({"AVIF": (".avif",)} if find_spec("PIL.AvifImagePlugin") else {}),  # from Pillow 11.3 on
}
EXTENSIONS = tuple(extension for extensions in FORMATS.values() for extension in extensions)
TABLES = (".csv", ".tsv")

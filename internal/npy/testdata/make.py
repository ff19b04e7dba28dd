"""Makes the golden files beside it: python3 make.py

They were made by NumPy 1.24.2 (Debian 12) under Python 3.11 on a little-endian
machine. The values are those of TestGolden.
"""
import io
import os
import zipfile

import numpy as np

os.chdir(os.path.dirname(os.path.abspath(__file__)))

reals = [0.0, -0.0, 1.5, -2.25, 1024.0, -0.125]
whole = [0, 1, 2, 100, 127, 5]
signed = [0, -1, 2, -100, 127, -128]

for t in ["f2", "f4", "f8"]:
    for order, name in [("<", "le"), (">", "be")]:
        np.save(f"{t}-{name}", np.array(reals, order + t).reshape(2, 3))
for t in ["i2", "i4", "i8"]:
    for order, name in [("<", "le"), (">", "be")]:
        np.save(f"{t}-{name}", np.array(signed, order + t).reshape(2, 3))
for t in ["u2", "u4", "u8"]:
    for order, name in [("<", "le"), (">", "be")]:
        np.save(f"{t}-{name}", np.array(whole, order + t).reshape(2, 3))
np.save("i1", np.array(signed, "i1").reshape(2, 3))
np.save("u1", np.array(whole, "u1").reshape(2, 3))
np.save("b1", np.array(whole, bool).reshape(2, 3))

# bfloat16 as ml_dtypes and MLX have it: the dtype's str is <V2. NumPy's own
# two-byte void is |V2.
bits = (np.array(reals, "<f4").view("<u4") >> 16).astype("<u2").reshape(2, 3)
np.save("v2", bits.view("V2"))
with open("bf16.npy", "wb") as f:
    np.lib.format.write_array_header_1_0(f, {"descr": "<V2", "fortran_order": False, "shape": (2, 3)})
    f.write(bits.tobytes())

# Shapes.
f4 = np.array(reals, "<f4")
np.save("scalar", np.float32(1.5))
np.save("vector", f4)
np.save("cube", f4.reshape(1, 3, 2))
np.save("empty", np.zeros((0, 3), "<f4"))
np.save("empty-inside", np.zeros((3, 0, 2), "<f4"))
np.save("roomy", np.zeros((0,) + (1,) * 12 + (100,), "<f4"))  # one byte less room in the header would save 64
np.save("axes32", f4[2:3].reshape((1,) * 32))
np.save("fortran", np.asfortranarray(f4.reshape(2, 3)))
np.save("fortran-row", np.asfortranarray(f4.reshape(1, 6)))

# Versions.
for version in [2, 3]:
    with open(f"version{version}.npy", "wb") as f:
        np.lib.format.write_array(f, f4.reshape(2, 3), version=(version, 0))

# What is not read.
np.save("objects", np.array([None, 1], object))
np.save("strings", np.array(["a", "bc"]))
np.save("bytes", np.array([b"a", b"bc"]))
np.save("complex", np.array([1j], "c8"))
np.save("structured", np.array([(1, 2.0)], [("a", "<i4"), ("b]'", "<f4")]))
np.save("dates", np.array(["2020-01-01"], "M8[D]"))
np.save("long-double", np.array([1], np.longdouble))

# Archives.
np.savez("stored", a=f4, b=np.array(signed, "<i8"))
np.savez_compressed("deflated", a=f4, b=np.array(signed, "<i8"))
np.savez("one", f4)


class Pipe(io.RawIOBase):
    """What cannot seek makes zipfile write sizes after the data."""

    def __init__(self, path):
        self.f = open(path, "wb")

    def writable(self):
        return True

    def write(self, b):
        return self.f.write(b)


np.savez_compressed(Pipe("streamed.npz"), a=f4, b=np.array(signed, "<i8"))

# Sizes above 16 bytes in the fields of zip64, in the directory too.
zipfile.ZIP64_LIMIT = 16
zipfile.ZIP_FILECOUNT_LIMIT = 1
np.savez("zip64", a=f4, b=np.array(signed, "<i8"))

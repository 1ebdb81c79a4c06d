"""The only place that loads socketify's compiled library, and only its plain C functions.

The package itself is never imported: its ASGI adapter can be crashed by any client and its event loop polls.
"""

import ctypes
import ctypes.util
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any


class NativeUnavailableError(Exception):
    """Why the native server cannot run here, in words for the start-up line."""


@dataclass(frozen=True, slots=True)
class Library:
    ffi: Any  # cffi's, with the C declarations of uWebSockets
    lib: Any
    symbols: ctypes.CDLL  # the same library, for what its Python module does not declare
    backend_fd: Any  # these three are functions of the libuv that uWebSockets runs on
    backend_timeout: Any
    loop_alive: Any


def load_library() -> Library:
    try:
        import uvloop  # noqa: F401, PLC0415 — a reason to fall back, not a reason to fail
    except ImportError as error:
        raise NativeUnavailableError("uvloop is not installed") from error
    libuv = _load_libuv()
    native = _load_native_module()
    symbols = ctypes.CDLL(native.library_path)
    return Library(
        native.ffi, native.lib, symbols, libuv.uv_backend_fd, libuv.uv_backend_timeout, libuv.uv_loop_alive
    )


def _load_libuv() -> ctypes.CDLL:
    name = ctypes.util.find_library("uv") or "libuv.so.1"
    try:
        libuv = ctypes.CDLL(name)
    except OSError as error:
        raise NativeUnavailableError("libuv is not installed (Debian: apt install libuv1)") from error
    for function in (libuv.uv_backend_fd, libuv.uv_backend_timeout, libuv.uv_loop_alive):
        function.argtypes = [ctypes.c_void_p]
        function.restype = ctypes.c_int
    return libuv


def _load_native_module() -> ModuleType:
    """Run socketify/native.py by itself; importing the package would also run all that must not be used."""
    package = importlib.util.find_spec("socketify")
    if package is None or not package.submodule_search_locations:
        raise NativeUnavailableError("socketify is not installed")
    path = Path(package.submodule_search_locations[0]) / "native.py"
    spec = importlib.util.spec_from_file_location("socketify_native", path)
    if spec is None or spec.loader is None:
        raise NativeUnavailableError("socketify has no native module")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (OSError, AttributeError) as error:
        raise NativeUnavailableError(f"its library does not load on this machine: {error}") from error
    return module

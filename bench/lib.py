"""libheadroom through ctypes, for the measuring scripts (the library is build/libheadroom.so)."""

import ctypes as c
import os

HERE = os.path.dirname(os.path.abspath(__file__))


class _Opts(c.Structure):
    _fields_ = [
        ("size", c.c_size_t),
        ("model", c.c_char_p),
        ("query", c.c_char_p),
        ("tool_name", c.c_char_p),
        ("tool_input", c.c_char_p),
        ("lossless_only", c.c_int),
        ("min_tokens", c.c_int),
        ("max_items", c.c_int),
    ]


class _Text(c.Structure):
    _fields_ = [
        ("text", c.c_void_p),
        ("text_len", c.c_size_t),
        ("changed", c.c_int),
        ("lossy", c.c_int),
        ("hash", c.c_char * 25),
        ("kind", c.c_char_p),
        ("reason", c.c_char_p),
        ("before", c.c_uint64),
        ("after", c.c_uint64),
        ("exact", c.c_int),
    ]


class Headroom:
    def __init__(self, path=None, store=None):
        path = path or os.environ.get("HEADROOM_LIB") or os.path.join(HERE, "..", "build", "libheadroom.so")
        self.l = c.CDLL(path)
        self.l.headroom_open.argtypes = [c.c_void_p, c.POINTER(c.c_void_p)]
        self.l.headroom_compress.argtypes = [c.c_void_p, c.c_char_p, c.c_size_t, c.POINTER(_Opts), c.POINTER(_Text)]
        self.l.headroom_text_free.argtypes = [c.POINTER(_Text)]
        self.l.headroom_retrieve.argtypes = [c.c_void_p, c.c_char_p, c.POINTER(c.c_void_p), c.POINTER(c.c_size_t)]
        self.l.headroom_count_tokens.argtypes = [c.c_char_p, c.c_char_p, c.c_size_t, c.POINTER(c.c_int)]
        self.l.headroom_count_tokens.restype = c.c_size_t
        self.l.headroom_compress_messages.argtypes = [
            c.c_void_p,
            c.c_char_p,
            c.c_size_t,
            c.POINTER(c.c_void_p),
            c.POINTER(c.c_size_t),
        ]
        self.libc = c.CDLL(None)
        self.libc.free.argtypes = [c.c_void_p]
        self.h = c.c_void_p()
        if self.l.headroom_open(None, c.byref(self.h)):
            raise SystemExit("libheadroom did not open")

    def compress(self, text: bytes, query="", tool_name="", tool_input="", model="gpt-4o", lossless=False):
        o = _Opts(c.sizeof(_Opts), model.encode(), query.encode(), tool_name.encode(), tool_input.encode(), int(lossless), 0, 0)
        t = _Text()
        err = self.l.headroom_compress(self.h, text, len(text), c.byref(o), c.byref(t))
        r = {
            "text": c.string_at(t.text, t.text_len),
            "changed": bool(t.changed),
            "lossy": bool(t.lossy),
            "hash": t.hash.decode(),
            "kind": t.kind.decode(),
            "reason": t.reason.decode(),
            "before": t.before,
            "after": t.after,
            "error": err,
        }
        self.l.headroom_text_free(c.byref(t))
        return r

    def retrieve(self, key):
        p, n = c.c_void_p(), c.c_size_t()
        if self.l.headroom_retrieve(self.h, key.encode(), c.byref(p), c.byref(n)):
            return None
        b = c.string_at(p, n.value)
        self.libc.free(p)
        return b

    def compress_messages(self, body: bytes):
        p, n = c.c_void_p(), c.c_size_t()
        err = self.l.headroom_compress_messages(self.h, body, len(body), c.byref(p), c.byref(n))
        b = c.string_at(p, n.value)
        self.libc.free(p)
        return err, b

    def tokens(self, text: bytes, model="gpt-4o"):
        return self.l.headroom_count_tokens(model.encode(), text, len(text), None)

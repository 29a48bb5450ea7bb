#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Another language calls the shared library, the inline functions of the headers included, without a compiler.

    test_bindings.py LIBRARY
"""
from __future__ import annotations

import ctypes
import sys
import unittest
from ctypes import byref, c_bool, c_int16, c_int32, c_size_t, c_uint32, c_void_p

LIBRARY = ctypes.CDLL(sys.argv.pop(1))
METADATA, REQUEST, RESPONSE, OK, TRUNCATED = 3, 0, 1, 0, 1


class Span(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("size", c_size_t)]

    def bytes(self) -> bytes:
        return ctypes.string_at(self.data, self.size)


class String(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("len", c_int32)]


def call(name: str, result: object, *arguments: object) -> object:
    function = getattr(LIBRARY, name)
    function.restype = result
    return function(*arguments)


def some_struct() -> ctypes.Array:
    """Large enough for a reader, a writer or an arena."""
    return (ctypes.c_uint64 * 64)()


class Bindings(unittest.TestCase):
    def reader(self, data: bytes) -> ctypes.Array:
        self.input = ctypes.create_string_buffer(data, len(data))
        reader = some_struct()
        call("kw_reader_init", None, reader, self.input, c_size_t(len(data)))
        return reader

    def test_reading(self) -> None:
        reader = self.reader(bytes.fromhex("0003 fffffffe 02 ff"))
        self.assertEqual(call("kw_read_int16", c_int16, reader), 3)
        self.assertEqual(call("kw_read_int32", c_int32, reader), -2)
        self.assertEqual(call("kw_read_unsigned_varint", c_uint32, reader), 2)
        self.assertEqual(call("kw_reader_remaining", c_size_t, reader), 1)
        self.assertEqual(call("kw_read_int16", c_int16, reader), 0)
        self.assertEqual(call("kw_reader_end", c_int32, reader), TRUNCATED)

    def test_writing(self) -> None:
        writer, buffer = some_struct(), ctypes.create_string_buffer(8)
        call("kw_writer_init", None, writer, buffer, c_size_t(8))
        call("kw_write_int32", None, writer, c_int32(-2))
        call("kw_write_string", None, writer, call("kw_string_of", String, b"ab"))
        self.assertTrue(call("kw_writer_ok", c_bool, writer))
        self.assertEqual(call("kw_writer_data", Span, writer).bytes().hex(), "fffffffe00026162")
        call("kw_write_int8", None, writer, ctypes.c_int8(1))
        self.assertFalse(call("kw_writer_ok", c_bool, writer))
        self.assertEqual(call("kw_writer_needed", c_size_t, writer), 9)

    def test_a_message(self) -> None:
        arena, memory = some_struct(), some_struct()
        call("kw_arena_init", None, arena, memory, c_size_t(ctypes.sizeof(memory)))
        message = c_void_p(call("kw_message_find", c_void_p, c_int16(METADATA), c_int32(REQUEST)))
        value = c_void_p()
        reader = self.reader(bytes.fromhex("00000001 0003 616263"))
        self.assertEqual(call("kw_message_decode", c_int32, message, c_int16(0), reader, arena, byref(value)), OK)
        self.assertEqual(call("kw_reader_end", c_int32, reader), OK)
        writer, text = some_struct(), ctypes.create_string_buffer(200)
        call("kw_writer_init", None, writer, text, c_size_t(200))
        self.assertEqual(call("kw_message_json", c_int32, message, c_int16(0), value, writer), OK)
        self.assertEqual(call("kw_writer_data", Span, writer).bytes(), b'{"topics":[{"name":"abc"}]}')


if __name__ == "__main__":
    unittest.main()

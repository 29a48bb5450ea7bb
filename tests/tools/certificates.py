# SPDX-License-Identifier: Apache-2.0
"""Certificates for a day, made by the openssl command: an authority, and the names that it certifies."""
from __future__ import annotations

import subprocess
from pathlib import Path


class Authority:
    """Files below a folder: ca.pem, and for each NAME that is issued NAME.key and NAME.pem."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate = folder / "ca.pem"
        self._openssl("req", "-x509", *self._new_key("ca"), "-out", self.certificate, "-days", "2", "-subj",
                      "/CN=authority")

    def _openssl(self, *words: object) -> None:
        done = subprocess.run(["openssl", *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"openssl {words[0]}: {done.stderr}")

    def _new_key(self, name: str) -> tuple[object, ...]:
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self.folder / f"{name}.key")

    def issue(self, name: str, *names: str) -> None:
        """names: subjects of the certificate, as DNS:localhost or IP:127.0.0.1."""
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={','.join(names)}\n")
        self._openssl("req", *self._new_key(name), "-out", request, "-subj", f"/CN={name}")
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.folder / "ca.key",
                      "-CAcreateserial", "-out", self.folder / f"{name}.pem", "-days", "2", "-extfile", extensions)

    def file(self, name: str) -> str:
        return str(self.folder / name)

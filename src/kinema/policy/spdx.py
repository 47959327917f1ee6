"""Licences by name: SPDX expressions (SPDX 3.0, annex on licence expressions) and contracts of a house."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_IDS: Final = """
0BSD AFL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.1 Apache-2.0 Artistic-2.0 Bitstream-Vera BSD-1-Clause
BSD-2-Clause BSD-3-Clause BSD-3-Clause-Clear BSD-4-Clause BSL-1.0 BUSL-1.1 CC-BY-1.0 CC-BY-2.0 CC-BY-2.5
CC-BY-3.0 CC-BY-4.0 CC-BY-NC-2.0 CC-BY-NC-2.5 CC-BY-NC-3.0 CC-BY-NC-4.0 CC-BY-NC-ND-2.0 CC-BY-NC-ND-2.5
CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-2.0 CC-BY-NC-SA-2.5 CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0 CC-BY-ND-2.0
CC-BY-ND-2.5 CC-BY-ND-3.0 CC-BY-ND-4.0 CC-BY-SA-1.0 CC-BY-SA-2.0 CC-BY-SA-2.5 CC-BY-SA-3.0 CC-BY-SA-4.0
CC-PDDC CC-PDM-1.0 CC0-1.0 CDDL-1.0 CDLA-Permissive-1.0 CDLA-Permissive-2.0 CDLA-Sharing-1.0 ECL-2.0 EPL-1.0
EPL-2.0 EUPL-1.1 EUPL-1.2 FTL GFDL-1.2-or-later GFDL-1.3-only GFDL-1.3-or-later GPL-2.0-only GPL-2.0-or-later
GPL-3.0-only GPL-3.0-or-later HPND Intel ISC LAL-1.3 LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only
LGPL-3.0-or-later MIT MIT-0 MPL-1.1 MPL-2.0 MS-PL NCSA NLOD-2.0 ODbL-1.0 ODC-By-1.0 OFL-1.1 OGL-UK-3.0 OpenSSL
PDDL-1.0 PSF-2.0 Python-2.0 Unicode-3.0 Unlicense UPL-1.0 Vim W3C WTFPL X11 Zlib
"""
KNOWN: Final = {name.lower(): name for name in _IDS.split()}
"""Those of the SPDX list that art, data and code come under; case does not count."""
_OWN: Final = re.compile(r"licenseref-[a-z0-9.-]+", re.IGNORECASE)
_CONTRACT: Final = re.compile(r"contract:[A-Za-z0-9][A-Za-z0-9._/-]{0,79}")
_TOKEN: Final = re.compile(r"\s*(\(|\)|[A-Za-z0-9.:+-]+)")


@dataclass(frozen=True)
class Licence:
    """A licence that could be read."""

    names: tuple[str, ...]
    """Each that the expression names, as SPDX writes it."""
    is_choice: bool
    """Whether one of them may be chosen (`OR`)."""

    @property
    def noncommercial(self) -> bool:
        """Whether what it covers may not be sold: so by all of a choice, or by any of a sum."""
        return self._by("-NC-")

    @property
    def no_derivatives(self) -> bool:
        """Whether what is made from it may not be handed on."""
        return self._by("-ND-")

    def _by(self, mark: str) -> bool:
        marked = [mark in f"{name}-" for name in self.names]
        return all(marked) if self.is_choice else any(marked)


def read_licence(text: str) -> Licence:
    """Read an expression. Raises `ValueError`, with the word that is no licence.

    A sum inside a choice (`A AND B OR C`) is taken for a sum: of two readings, the stricter.
    """
    if _CONTRACT.fullmatch(text.strip()):
        return Licence((text.strip(),), False)
    tokens = _tokens(text)
    names, joins, depth, wants_name, excepted = [], set(), 0, True, False
    for token in tokens:
        upper = token.upper()
        if token == "(" and wants_name and not excepted:
            depth += 1
        elif token == ")" and not wants_name and depth:
            depth -= 1
        elif upper in ("AND", "OR", "WITH") and not wants_name:
            wants_name, excepted = True, upper == "WITH"
            joins.add(upper)
        elif wants_name and token not in "()":
            if not excepted:
                names.append(_known(token))
            wants_name = excepted = False
        else:
            raise ValueError(f"{token!r} stands where it means nothing")
    if wants_name or depth:
        raise ValueError("it ends too soon" if names or depth else "it is empty")
    return Licence(tuple(dict.fromkeys(names)), "OR" in joins and "AND" not in joins)


def _tokens(text: str) -> list[str]:
    found, at, text = [], 0, text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"{text[at:].split()[0]!r} is no licence")
        found.append(match[1])
        at = match.end()
    return found


def _known(token: str) -> str:
    plain = token.removesuffix("+")
    if name := KNOWN.get(plain.lower()):
        return name
    if _OWN.fullmatch(token):
        return f"LicenseRef-{token[11:]}"
    raise ValueError(f"{token!r} is no licence of the SPDX list")

"""Files of pixels and sound: colour, encode, decode, EXR. A leaf: it knows arrays, not shots."""

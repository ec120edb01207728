"""Ways to damage a file: those of a disk, a network or a careless program, and those that an attacker would choose."""

import struct
import zlib

LANDMARKS = (
    b"acsp", b"Exif", b"II*\0", b"MM\0*", b"II+\0", b"xmpmeta", b"8BIM", b"MPF\0", b"IHDR", b"cICP", b"acTL", b"eXIf",
    b"iCCP", b"pHYs", b"cHRM", b"gAMA", b"PLTE", b"jp2h", b"\xff\x4f\xff\x51", b"VP8", b"EXIF", b"chromaticities",
    b"dataWindow", b"displayWindow", b"tiles\0", b"channels\0", b"chunkCount\0", b"EXPOSURE=", b"PRIMARIES=",
    b"FORMAT=", b"#Exif.", b"-Y ", b"+Y ", b"\xff\xc0", b"\xff\xc2", b"\xff\xc4", b"\xff\xda", b"\xff\xdb", b"JFIF",
    b"Adobe", b"hdrgm", b"Photoshop", b"meta", b"iloc", b"iinf", b"ipma", b"ispe", b"pixi", b"colr", b"irot", b"auxC",
    b"av1C", b"hvcC", b"moov", b"stsz", b"mdat", b"jxlc", b"jxll", b"\xff\x0a",
)  # fmt: skip
ODD = (0, 1, 2, 3, 4, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
TAGS = (
    254, 256, 257, 258, 259, 262, 270, 273, 274, 277, 278, 279, 282, 284, 296, 317, 320, 322, 323, 324, 325, 330, 338,
    339, 347, 530, 700, 33421, 33422, 33434, 33723, 34377, 34665, 34675, 34855, 37500, 37724, 50706, 50714, 50717,
    50721, 50728, 50829, 50711,
)  # fmt: skip
TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}


def mutated(data, suffix, rng, others):
    """Damage a file's bytes one to four times; `others`: whole files to take pieces from."""
    special = {".tif": [tags], ".dng": [tags], ".png": [chunks], ".jpg": [segments], ".hdr": [words]}.get(suffix, [])
    special += [nested] if suffix in (".heic", ".hif", ".avif", ".jxl", ".jp2") else []
    special += [tags] if suffix in (".nef", ".kdc", ".cr2", ".arw") else []
    plain = [flips, near_landmark, odd_number, truncated, splice, without_block, twice, noise]
    for _ in range(int(rng.choice([1, 1, 1, 2, 3, 4]))):
        choices = plain + 6 * special
        way = choices[rng.integers(len(choices))]
        data = splice(data, rng, others) if way is splice else way(data, rng)
        if not data:
            return b""
    # Behind a wrong checksum a reader hardly looks.
    return with_checksums(data) if suffix == ".png" and rng.random() < 0.8 else data


def flips(data, rng):
    found = bytearray(data)
    for _ in range(int(rng.choice([1, 2, 4, 16]))):
        found[place(data, rng)] ^= 1 << int(rng.integers(8))
    return bytes(found)


def place(data, rng):
    """Anywhere, or among the first bytes, where the headers are."""
    return int(rng.integers(len(data) if rng.random() < 0.5 else min(len(data), 600)))


def near_landmark(data, rng):
    """Change bytes near something that a reader looks for."""
    known = [at for at in (data.find(mark) for mark in LANDMARKS) if at >= 0]
    if not known:
        return flips(data, rng)
    start = known[rng.integers(len(known))]
    found = bytearray(data)
    for _ in range(int(rng.choice([1, 1, 2, 4]))):
        at = min(max(0, start + int(rng.integers(-12, int(rng.choice([24, 300]))))), len(data) - 1)
        found[at] = int(rng.integers(256)) if rng.random() < 0.5 else int(rng.choice([0, 1, 0x7F, 0x80, 0xFE, 0xFF]))
    return bytes(found)


def odd_number(data, rng):
    """Put a number of 16 or 32 bits at the edge of what there is."""
    size, order = int(rng.choice([2, 4])), str(rng.choice(["little", "big"]))
    value = ODD[rng.integers(len(ODD))] if rng.random() < 0.8 else len(data) + int(rng.integers(-4, 5))
    at = place(data, rng)
    return data[:at] + (value % 256**size).to_bytes(size, order) + data[at + size :]


def truncated(data, rng):
    return data[: int(rng.integers(1, len(data) + 1))]


def splice(data, rng, others):
    """A piece of another file, in place of one or between."""
    other = others[rng.integers(len(others))]
    first, last = block(other, rng)
    at = place(data, rng)
    return data[:at] + other[first:last] + data[at + int(rng.integers(2)) * (last - first) :]


def without_block(data, rng):
    first, last = block(data, rng)
    return data[:first] + data[last:]


def twice(data, rng):
    first, last = block(data, rng)
    return data[:last] + data[first:last] * int(rng.choice([1, 1, 3, 50])) + data[last:]


def noise(data, rng):
    first, last = block(data, rng)
    return data[:first] + rng.bytes(last - first) + data[last:]


def block(data, rng):
    first = place(data, rng)
    return first, min(len(data), first + int(rng.integers(1, int(rng.choice([4, 16, 256, 4096])))))


def words(data, rng):
    """Put other numbers into a header of lines."""
    end = data.find(b"\n\n")
    lines = data[: end if end > 0 else 200].split(b"\n")
    at = int(rng.integers(len(lines)))
    name = lines[at].partition(b"=")[0]
    values = (b"nan", b"inf", b"-1", b"0", b"1e30", b"1e-30", b"1e999", b"", b"x", b"1 2 3", b"\xff\0", b"9" * 400)
    lines[at] = name + b"=" + values[rng.integers(len(values))]
    if rng.random() < 0.5:
        key = (b"EXPOSURE", b"COLORCORR", b"GAMMA", b"PRIMARIES", b"PIXASPECT", b"FORMAT", b"CAPDATE")[rng.integers(7)]
        lines.insert(1, key + b"=" + values[rng.integers(len(values))])
    return b"\n".join(lines) + (data[end:] if end > 0 else data[200:])


def tags(data, rng):
    """Change an entry of a TIFF's directories: tag, type, number or value."""
    entries = [entry for entry in tiff_entries(data) if entry[2] + (20 if entry[1] else 12) <= len(data)]
    if not entries:
        return flips(data, rng)
    order, big, at = entries[rng.integers(len(entries))]
    width, number = (8, "Q") if big else (4, "I")
    field = rng.integers(5)
    found = bytearray(data)
    if field == 0:
        struct.pack_into(order + "H", found, at, int(TAGS[rng.integers(len(TAGS))]))
    elif field == 1:
        struct.pack_into(order + "H", found, at + 2, int(rng.integers(20)))
    elif field == 2:
        value = ODD[rng.integers(len(ODD))]
        struct.pack_into(order + number, found, at + 4, value)
    else:
        short = struct.unpack_from(order + "H", data, at + 2)[0] == 3 and rng.random() < 0.8
        value = ODD[rng.integers(len(ODD))] if rng.random() < 0.7 else int(rng.integers(len(data) + 8))
        value = value if rng.random() < 0.9 else at - 2
        place_of = at + 4 + width
        struct.pack_into(order + ("H" if short else number), found, place_of, value % (65536 if short else 2**32))
    return bytes(found)


def tiff_entries(data):
    order = "<" if data[:2] == b"II" else ">"
    try:
        big = struct.unpack_from(order + "H", data, 2)[0] == 43
        head, count, number, size = (8, "Q", "Q", 20) if big else (4, "H", "I", 12)
        queue, seen = [struct.unpack_from(order + number, data, head)[0]], set()
        while queue and len(seen) < 16:
            start = queue.pop()
            if start in seen or not start:
                continue
            seen.add(start)
            (entries,) = struct.unpack_from(order + count, data, start)
            first = start + struct.calcsize(order + count)
            for at in range(first, first + size * min(entries, 200), size):
                tag = struct.unpack_from(order + "H", data, at)[0]
                yield order, big, at
                if tag in (330, 34665, 34853):
                    queue.append(struct.unpack_from(order + number, data, at + (12 if big else 8))[0])
            queue.append(struct.unpack_from(order + number, data, first + size * entries)[0])
    except (struct.error, OverflowError):
        return


def chunks(data, rng):
    """Change, repeat, leave out, move or invent a chunk of a PNG; what is packed is changed inside, too."""
    found = list(png_chunks(data))
    if not found:
        return flips(data, rng)
    at = int(rng.integers(len(found)))
    name, body = found[at]
    way = rng.integers(6)
    if way == 0:
        found.insert(int(rng.integers(len(found) + 1)), found[at])
    elif way == 1:
        del found[at]
    elif way == 2:
        found.insert(int(rng.integers(len(found))), found.pop(at))
    elif way == 3:
        names = (b"cICP", b"gAMA", b"cHRM", b"pHYs", b"acTL", b"tRNS", b"iCCP", b"zTXt", b"iTXt", b"eXIf", b"PLTE")
        found.insert(1, (names[rng.integers(len(names))], rng.bytes(int(rng.integers(40)))))
    elif name in (b"iCCP", b"zTXt", b"IDAT", b"iTXt"):
        found[at] = name, repacked(name, body, rng)
    elif body:
        found[at] = name, flips(body, rng) if rng.random() < 0.5 else odd_number(body, rng)
    return data[:8] + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in found
    )


def repacked(name, body, rng):
    head = 0 if name == b"IDAT" else body.find(b"\0") + (5 if name == b"iTXt" else 2)
    try:
        inside = zlib.decompress(body[head:])
    except zlib.error:
        return body
    way = (flips, near_landmark, odd_number, truncated, twice)[rng.integers(5)]
    return body[:head] + zlib.compress(way(inside, rng) if inside else b"x")


def png_chunks(data):
    position = 8
    while position + 12 <= len(data):
        length = struct.unpack_from(">I", data, position)[0]
        yield data[position + 4 : position + 8], data[position + 8 : position + 8 + length]
        position += 12 + length


def with_checksums(data):
    found, position = bytearray(data), 8
    while position + 12 <= len(data):
        end = position + 8 + struct.unpack_from(">I", data, position)[0]
        if end + 4 > len(data):
            break
        struct.pack_into(">I", found, end, zlib.crc32(data[position + 4 : end]))
        position = end + 4
    return bytes(found)


def segments(data, rng):
    """Change, repeat, leave out or shorten a segment of a JPEG."""
    starts, position = [], 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        starts.append(position)
        if data[position + 1] == 0xDA:
            break
        position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    if not starts:
        return flips(data, rng)
    at = starts[rng.integers(len(starts))]
    length = struct.unpack_from(">H", data, at + 2)[0]
    end, way = at + 2 + length, rng.integers(5)
    if way == 0:
        return data[:end] + data[at:end] * int(rng.choice([1, 5, 300])) + data[end:]
    if way == 1:
        return data[:at] + data[end:]
    if way == 2:
        value = int(rng.choice([0, 1, 2, 3, 8, length - 1, length + 1, 0xFFFF]))
        return data[: at + 2] + struct.pack(">H", value & 0xFFFF) + data[at + 4 :]
    if way == 3:
        codes = (0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xC4, 0xDA, 0xDB, 0xDD, 0xD9, 0xE1, 0xE2, 0xED, 0xEE, 0xFE, 0xFF)
        return data[: at + 1] + bytes([codes[rng.integers(len(codes))]]) + data[at + 2 :]
    body = data[at + 4 : end]
    return data[: at + 4] + (flips(body, rng) if body else b"") + data[end:]


def nested(data, rng):
    """Change, repeat, leave out or lengthen a box of ISO's base media format; those around it follow in length."""
    found = list(boxes(data)) if data[4:8] in (b"ftyp", b"JXL ", b"jP  ") else []  # others are bare codestreams
    if not found:
        return flips(data, rng)
    around, at, end = found[rng.integers(len(found))]
    whole, body = data[at:end], data[at + 8 : end]
    way = rng.integers(6)
    if way == 0:
        made = whole * int(rng.choice([2, 3, 50]))
    elif way == 1:
        made = b""
    elif way == 2:
        made = int(ODD[rng.integers(len(ODD))]).to_bytes(4, "big") + whole[4:]
    elif way == 3:
        first, last = found[rng.integers(len(found))][1:]
        made = whole[:4] + data[first + 4 : first + 8] + body
    else:
        made = whole[:8] + ((flips(body, rng) if way == 4 else odd_number(body, rng)) if body else b"")
    result = bytearray(data[:at] + made + data[end:])
    for start in around:
        length = struct.unpack_from(">I", data, start)[0] + len(made) - len(whole)
        struct.pack_into(">I", result, start, length % 2**32)
    return bytes(result)


def boxes(data, start=0, end=None, around=()):
    """Yield where the boxes around one begin, where it begins and ends; those within it follow."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        length, name = struct.unpack_from(">I4s", data, start)
        last = min(end, start + length) if length >= 8 else end
        yield around, start, last
        inner = INNER.get(name)
        if inner is not None:
            yield from boxes(data, start + inner, last, (*around, start))
        start = last


INNER = {b"meta": 12, b"iinf": 14, b"iref": 12} | dict.fromkeys(
    (b"iprp", b"ipco", b"jp2h", b"moov", b"trak", b"mdia", b"minf", b"stbl"), 8
)
"""Boxes that consist of boxes, and how many bytes lie before these."""

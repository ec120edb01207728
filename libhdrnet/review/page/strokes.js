"use strict";
// What was painted: strokes, drawn into a map of labels (0 nothing, k frame k, 255 the network), a byte a pixel.
// The map is what counts: the server shows it, the merge takes it, and undoing draws it anew.

class Strokes {
  // Begins with a map, and with what was painted on it before the page was loaded anew.
  constructor(width, height, base, { done = [], undone = [] } = {}) {
    this.width = width;
    this.height = height;
    this.base = base;
    this.map = base.slice();
    this.done = done;
    this.undone = undone;
    this.now = null;
    this.dirty = null;
    this.redraw();
    this.dirty = null;
  }

  get empty() { return this.map.every((label) => label === 0); }

  begin(label, radius, x, y) {
    this.now = { label, radius, points: [eighths(x, y)] };
    this.segment(this.now, 0);
  }

  to(x, y) {
    const last = this.now.points.at(-1);
    if (Math.hypot(x - last[0], y - last[1]) < 0.5) return;
    this.now.points.push(eighths(x, y));
    this.segment(this.now, this.now.points.length - 1);
  }

  // Keeps the stroke, and says whether any of it lies in the picture.
  end() {
    const { points, radius } = this.now;
    const inside = points.some((point, index) => this.box(points[Math.max(0, index - 1)], point, radius) !== null);
    if (inside) {
      this.done.push(this.now);
      this.undone = [];
    }
    this.now = null;
    return inside;
  }

  drop() {
    this.now = null;
    this.redraw();
  }

  clear() {
    this.done.push({ label: 0, radius: 1e9, points: [[0, 0]] });
    this.undone = [];
    this.redraw();
  }

  undo() { this.move(this.done, this.undone); }

  redo() { this.move(this.undone, this.done); }

  move(from, to) {
    if (this.now || from.length === 0) return;
    to.push(from.pop());
    this.redraw();
  }

  redraw() {
    const before = this.map;
    this.map = this.base.slice();
    for (const stroke of this.done) stroke.points.forEach((_, index) => this.segment(stroke, index));
    this.dirty = this.difference(before);
  }

  // The rectangle in which the map differs from another.
  difference(other) {
    let [left, top, right, bottom] = [this.width, this.height, -1, -1];
    for (let y = 0, at = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++, at++) {
        if (this.map[at] === other[at]) continue;
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = y;
      }
    }
    return right < 0 ? this.dirty : joined(this.dirty, [left, top, right + 1, bottom + 1]);
  }

  // The pixels that may lie within `radius` of the line from a to b; null: none in the picture.
  box(a, b, radius) {
    const box = [
      Math.max(0, Math.floor(Math.min(a[0], b[0]) - radius)), Math.max(0, Math.floor(Math.min(a[1], b[1]) - radius)),
      Math.min(this.width, Math.ceil(Math.max(a[0], b[0]) + radius) + 1),
      Math.min(this.height, Math.ceil(Math.max(a[1], b[1]) + radius) + 1),
    ];
    return box[0] < box[2] && box[1] < box[3] ? box : null;
  }

  // Draws the line to a stroke's point from the one before: all pixels whose centre is within the radius of it.
  segment({ label, radius, points }, index) {
    const [a, b] = [points[Math.max(0, index - 1)], points[index]];
    const box = this.box(a, b, radius);
    if (box === null) return;
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    const length = dx * dx + dy * dy || 1;
    for (let y = box[1]; y < box[3]; y++) {
      for (let x = box[0]; x < box[2]; x++) {
        const [px, py] = [x + 0.5 - a[0], y + 0.5 - a[1]];
        const along = Math.min(1, Math.max(0, (px * dx + py * dy) / length));
        const [ex, ey] = [px - along * dx, py - along * dy];
        if (ex * ex + ey * ey <= radius * radius) this.map[y * this.width + x] = label;
      }
    }
    this.dirty = joined(this.dirty, box);
  }

  // Gives what changed since it was asked last, {x, y, w, h, labels}, or null.
  take() {
    if (this.dirty === null) return null;
    const [left, top, right, bottom] = this.dirty;
    const [w, h] = [right - left, bottom - top];
    const labels = new Uint8Array(w * h);
    for (let y = 0; y < h; y++) {
      const from = (top + y) * this.width + left;
      labels.set(this.map.subarray(from, from + w), y * w);
    }
    this.dirty = null;
    return { x: left, y: top, w, h, labels };
  }

  // What was taken did not arrive: it is to be taken again.
  giveBack({ x, y, w, h }) { this.dirty = joined(this.dirty, [x, y, x + w, y + h]); }

  // The map as a grey PNG, which `hdrnet merge --choices` reads.
  async png() {
    const rows = new Uint8Array((this.width + 1) * this.height); // each with its filter before it: none
    for (let y = 0; y < this.height; y++) {
      rows.set(this.map.subarray(y * this.width, (y + 1) * this.width), y * (this.width + 1) + 1);
    }
    const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
    const header = new DataView(new ArrayBuffer(13));
    header.setUint32(0, this.width);
    header.setUint32(4, this.height);
    header.setUint8(8, 8);
    return new Blob([
      Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), chunk("IHDR", new Uint8Array(header.buffer)),
      chunk("IDAT", new Uint8Array(await new Response(packed).arrayBuffer())), chunk("IEND", new Uint8Array()),
    ], { type: "image/png" });
  }
}

// Numbers that are short in JSON.
function eighths(...numbers) { return numbers.map((number) => Math.round(8 * number) / 8); }

function chunk(name, data) {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set([...name].map((sign) => sign.charCodeAt(0)), 4);
  bytes.set(data, 8);
  let crc = -1;
  for (const byte of bytes.subarray(4, -4)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  view.setUint32(data.length + 8, ~crc >>> 0);
  return bytes;
}

function joined(a, b) {
  if (a === null) return b;
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}

"use strict";
// The picture on the canvas: where it lies, how large, and what lies over it.

const COLOURS = ["#e69f00", "#56b4e9", "#00c08b", "#f0e442", "#4c8dff", "#ff7a3c", "#ff8fd0", "#b5d33d", "#9d8cff"];
const NETWORK_COLOUR = "#ff4fd8";

function colourOf(label) { return label === 255 ? NETWORK_COLOUR : COLOURS[(label - 1) % COLOURS.length]; }

function rgbOf(label) { return [1, 3, 5].map((at) => parseInt(colourOf(label).slice(at, at + 2), 16)); }

// An RGBA pixel as an ImageData holds it.
function wordOf(pixel) { return new Uint32Array(Uint8Array.from(pixel).buffer)[0]; }

class View {
  // `zoomed` is called when the scale may have changed.
  constructor(canvas, width, height, zoomed) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    Object.assign(this, { width, height, scale: 1, left: 0, top: 0, fits: true, brush: null, asked: false, zoomed });
    const layer = () => Object.assign(document.createElement("canvas"), { width, height });
    [this.picture, this.marks, this.outlines, this.stroke] = [layer(), layer(), layer(), layer()];
    this.shown = { marks: false, outlines: true };
    new ResizeObserver(() => this.resize()).observe(canvas.parentElement);
    this.resize();
  }

  resize() {
    const { clientWidth, clientHeight } = this.canvas.parentElement;
    this.ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(clientWidth * this.ratio));
    this.canvas.height = Math.max(1, Math.round(clientHeight * this.ratio));
    if (this.fits) this.fit();
    else this.keep();
  }

  fit() {
    this.fits = true;
    const room = 24 * this.ratio;
    this.scale = Math.max(0.02, Math.min((this.canvas.width - room) / this.width, (this.canvas.height - room) / this.height));
    this.keep();
  }

  // Zooms so that the point (x, y) of the canvas stays where it is; none: its middle.
  zoom(scale, x = this.canvas.width / 2, y = this.canvas.height / 2) {
    const next = Math.min(16, Math.max(0.05, scale));
    this.fits = false;
    this.left = x - ((x - this.left) * next) / this.scale;
    this.top = y - ((y - this.top) * next) / this.scale;
    this.scale = next;
    this.keep();
  }

  move(dx, dy) {
    this.fits = false;
    this.left += dx;
    this.top += dy;
    this.keep();
  }

  // Keeps the picture in sight: what is smaller than the canvas lies in its middle.
  keep() {
    const kept = (at, size, room) => (size <= room ? (room - size) / 2 : Math.min(room / 3, Math.max(at, room * (2 / 3) - size)));
    this.left = kept(this.left, this.width * this.scale, this.canvas.width);
    this.top = kept(this.top, this.height * this.scale, this.canvas.height);
    this.zoomed(this.scale / this.ratio);
    this.draw();
  }

  // Brings a place of the picture into sight.
  follow([x, y]) {
    const [cx, cy] = [this.left + x * this.scale, this.top + y * this.scale];
    const margin = 40 * this.ratio;
    const moved = (at, room) => (at < margin ? margin - at : at > room - margin ? room - margin - at : 0);
    const [dx, dy] = [moved(cx, this.canvas.width), moved(cy, this.canvas.height)];
    if (!this.fits && (dx || dy)) this.move(dx, dy);
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) * this.ratio, (event.clientY - box.top) * this.ratio];
    return { canvas: [x, y], picture: [(x - this.left) / this.scale, (y - this.top) / this.scale] };
  }

  setPicture({ x, y, w, h, pixels }) {
    if (w && h) this.picture.getContext("2d").putImageData(new ImageData(pixels, w, h), x, y);
    this.draw();
  }

  // Tints pixels by classes, [[r, g, b, a], …] by their number.
  setMarks(classes, tints) {
    const image = new ImageData(this.width, this.height);
    const words = new Uint32Array(image.data.buffer);
    const table = tints.map(wordOf);
    for (let at = 0; at < words.length; at++) words[at] = table[classes[at]] ?? 0;
    this.marks.getContext("2d").putImageData(image, 0, 0);
    this.draw();
  }

  // Outlines what was chosen, where the map changed, in a box [left, top, right, bottom]: the pixels of which one three
  // away has another label.
  setChoices(map, [left, top, right, bottom] = [0, 0, this.width, this.height]) {
    const [width, height] = [this.width, this.height];
    const [x0, y0] = [Math.max(0, left - 3), Math.max(0, top - 3)];
    const image = new ImageData(Math.min(width, right + 3) - x0, Math.min(height, bottom + 3) - y0);
    const words = new Uint32Array(image.data.buffer);
    const colours = Array.from({ length: 256 }, (_, label) => wordOf([...rgbOf(label || 1), 255]));
    for (let y = y0, to = 0; y < y0 + image.height; y++) {
      for (let x = x0, at = y * width + x0; x < x0 + image.width; x++, at++, to++) {
        const label = map[at];
        if (label === 0) continue;
        const edge = x < 3 || map[at - 3] !== label || x >= width - 3 || map[at + 3] !== label
          || y < 3 || map[at - 3 * width] !== label || y >= height - 3 || map[at + 3 * width] !== label;
        if (edge) words[to] = colours[label];
      }
    }
    this.outlines.getContext("2d").putImageData(image, x0, y0);
    this.draw();
  }

  // Shows the stroke that is being drawn, from that point on, until the preview shows what it does; null: none.
  setStroke(stroke, from = 0) {
    const context = this.stroke.getContext("2d");
    if (this.painting) context.clearRect(0, 0, this.width, this.height);
    this.painting = stroke !== null && stroke !== undefined;
    if (this.painting) {
      const { label, radius, points } = stroke;
      Object.assign(context, { lineCap: "round", lineJoin: "round", lineWidth: 2 * radius, strokeStyle: label ? colourOf(label) : "#000" });
      context.beginPath();
      for (const [x, y] of points.slice(from)) context.lineTo(x, y);
      if (points.length === from + 1) context.lineTo(points[from][0] + 0.01, points[from][1]);
      context.stroke();
    }
    this.draw();
  }

  draw() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.paint();
    });
  }

  paint() {
    const { context, canvas, scale } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(scale, 0, 0, scale, this.left, this.top);
    context.imageSmoothingEnabled = scale < 2;
    context.imageSmoothingQuality = "medium";
    context.drawImage(this.picture, 0, 0);
    if (this.shown.marks) context.drawImage(this.marks, 0, 0);
    if (this.shown.outlines) context.drawImage(this.outlines, 0, 0);
    if (this.painting) {
      context.globalAlpha = 0.45;
      context.drawImage(this.stroke, 0, 0);
      context.globalAlpha = 1;
    }
    if (this.brush) this.ring();
  }

  // The brush, legible on any ground: white in black.
  ring() {
    const { at, radius, label, down } = this.brush;
    const line = this.ratio / this.scale;
    for (const [width, style] of [[4, "#000c"], [2, label ? colourOf(label) : "#fff"]]) {
      Object.assign(this.context, { lineWidth: width * line, strokeStyle: style });
      this.context.beginPath();
      this.context.arc(...at, radius, 0, 2 * Math.PI);
      if (down) this.context.arc(...at, Math.max(radius - 4 * line, 0), 0, 2 * Math.PI);
      this.context.stroke();
    }
  }
}

"use strict";
// Mouse, pen, touch and keys: the brush, the view, the commands.

function radius() { return Number($("radius").value); }

function resizeBrush(factor) {
  const next = Math.round(radius() * factor);
  $("radius").value = next === radius() ? next + Math.sign(factor - 1) : next;
  brushChanged();
}

function brushChanged() {
  show("radius", `${radius()} px`);
  if (view.brush) view.brush.radius = radius();
  view.draw();
}

function brushAt(at) { view.brush = { at, radius: radius(), label, down: strokes.now !== null && strokes.now !== undefined }; }

function begin(at) {
  pending = 0;
  strokes.begin(label, radius(), ...at);
  stroked(at);
}

function stroked(at) {
  brushAt(at);
  view.setStroke(strokes.now, pending);
  changed();
}

function finish() {
  if (!strokes.now) return;
  $("status").textContent = strokes.end() ? "" : "That stroke lay outside the picture: nothing was changed.";
  if (view.brush) view.brush.down = false;
  buttons();
  if (asking) return; // what comes shows it, and takes the stroke's colour away
  view.setStroke(null);
}

function drop() {
  if (!strokes.now) return;
  strokes.drop();
  view.brush.down = false;
  view.setStroke(null);
  changed();
}

function edit(how) {
  strokes[how]();
  changed();
  buttons();
}

function watch() {
  const canvas = $("picture");
  let moving = null;
  let space = false;
  const moves = (on) => canvas.classList.toggle("moves", on);

  canvas.addEventListener("pointerdown", (event) => {
    if (lost === "for good") return;
    canvas.setPointerCapture(event.pointerId);
    const { picture } = view.place(event);
    if (event.button === 1 || space) moving = [event.clientX, event.clientY];
    else if (event.button === 0 && !strokes.now) begin(picture);
    canvas.classList.toggle("paints", moving === null);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (moving) {
      view.move((event.clientX - moving[0]) * view.ratio, (event.clientY - moving[1]) * view.ratio);
      moving = [event.clientX, event.clientY];
      return;
    }
    const paints = strokes.now && canvas.hasPointerCapture(event.pointerId);
    const events = paints ? event.getCoalescedEvents?.() ?? [] : [];
    for (const each of events.length ? events : [event]) {
      const { picture } = view.place(each);
      if (paints) strokes.to(...picture);
      brushAt(picture);
    }
    canvas.classList.toggle("paints", !space);
    if (paints) stroked(view.brush.at);
    else view.draw();
  });
  const up = (event) => {
    if (moving) moving = null;
    else if (canvas.hasPointerCapture(event.pointerId)) finish();
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => {
    if (document.activeElement !== canvas && !strokes.now) view.brush = null;
    view.draw();
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomBy(2 ** (-event.deltaY / 300), view.place(event).canvas);
  }, { passive: false });
  canvas.addEventListener("keydown", steer);
  canvas.addEventListener("focus", () => {
    if (canvas.matches(":focus-visible")) brushAt(view.brush?.at ?? [facts.width / 2, facts.height / 2]);
    view.draw();
  });

  const typing = () => /^(SELECT|TEXTAREA)$/.test(document.activeElement.tagName) || $("keys").open;
  addEventListener("keydown", (event) => {
    if (typing()) return;
    if (event.key === " " && document.activeElement.tagName !== "BUTTON" && document.activeElement.type !== "checkbox") {
      event.preventDefault();
      space = true;
      moves(true);
    } else if (key(event)) event.preventDefault();
  });
  addEventListener("keyup", (event) => {
    if (event.key !== " ") return;
    space = false;
    moves(false);
  });

  $("radius").addEventListener("input", brushChanged);
  for (const name of Object.keys(SLIDERS)) $(name).addEventListener("input", () => set(name, Number($(name).value)));
  $("tone").addEventListener("change", () => set("tone", $("tone").value));
  $("rebuild").addEventListener("change", () => set("rebuild", $("rebuild").checked));
  for (const name of ["outlines", "marks"]) $(name).addEventListener("change", ticked);
  for (const name of ["undo", "redo", "clear"]) $(name).addEventListener("click", () => edit(name));
  $("fit").addEventListener("click", () => view.fit());
  $("full").addEventListener("click", () => view.zoom(view.ratio));
  $("merge").addEventListener("click", merge);
  $("cancel").addEventListener("click", () => act("cancel"));
  addEventListener("beforeunload", (event) => { if (lost !== "for good" && unsaved()) event.preventDefault(); });
  brushChanged();
}

function ticked() {
  Object.assign(view.shown, { outlines: $("outlines").checked, marks: $("marks").checked });
  $("legend").hidden = !view.shown.marks;
  outdated ||= view.shown.marks;
  view.draw();
  sync();
}

function zoomed(scale) { $("zoom").textContent = `${Math.round(100 * scale)} %`; }

function zoomBy(factor, at = []) { view.zoom(view.scale * factor, ...at); }

// Does what a key says anywhere on the page; gives whether it says anything.
function key(event) {
  const pressed = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (pressed === "z") edit(event.shiftKey ? "redo" : "undo");
    else if (pressed === "y") edit("redo");
    else return false;
    return true;
  }
  if (event.altKey) return false;
  const tick = (name) => { $(name).checked = !$(name).checked; ticked(); };
  const does = {
    n: () => choose(NETWORK), e: () => choose(0), "[": () => resizeBrush(1 / 1.25), "]": () => resizeBrush(1.25),
    c: () => tick("outlines"), m: () => tick("marks"), f: () => view.fit(), z: () => view.zoom(view.ratio),
    "+": () => zoomBy(1.25), "=": () => zoomBy(1.25), "-": () => zoomBy(0.8), "?": () => $("help").click(),
  };
  for (let number = 1; number <= Math.min(9, facts.frames.length); number++) does[number] = () => choose(number);
  if (!(pressed in does)) return false;
  does[pressed]();
  return true;
}

// Steers the brush by the keys, while the picture has the focus.
function steer(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = event.shiftKey ? 1 : Math.max(2, radius() / 2);
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const at = view.brush?.at ?? [facts.width / 2, facts.height / 2];
  if (event.key in ways) {
    const [dx, dy] = ways[event.key];
    const next = [Math.min(facts.width, Math.max(0, at[0] + dx * step)), Math.min(facts.height, Math.max(0, at[1] + dy * step))];
    if (strokes.now) {
      strokes.to(...next);
      stroked(next);
    } else brushAt(next);
    view.follow(next);
    view.draw();
  } else if (event.key === "Enter" && !event.repeat) {
    if (strokes.now) finish();
    else begin(at);
  } else if (event.key === "Escape") drop();
  else return;
  event.preventDefault();
}

"use strict";
// The review: what the person does goes into strokes and settings, what they do to the merge comes onto the canvas.

const $ = (id) => document.getElementById(id);
const SLIDERS = { deghost: (x) => x.toFixed(2), exposure: (x) => `${x > 0 ? "+" : ""}${x.toFixed(1)} EV`, local: (x) => x.toFixed(2) };
const NETWORK = 255;

let facts = null; // what the program told of the bracket, once it is open
let settings = null;
let strokes = null;
let view = null;
let label = 1;
let outdated = false; // the settings changed since the preview was asked for
let asking = null; // the question for a picture that is not answered yet
let failed = false;
let resting = null; // the timer after a stroke
let pending = 0; // of the stroke being drawn, the first point that the preview does not show yet
let stale = null; // when the oldest change was made that the preview does not show yet
let edits = 0; // how often the map was changed
let merging = 0; // how often when the merge began that is being made
let merged = 0; // how often when the last one began that was made
let lost = false;

// ---- the program ----

async function live() {
  for (;;) {
    try {
      await server.listen(hear);
    } catch (error) {
      if (error.code === 403) return refuse(error.message);
    }
    if (lost === "for good") return;
    if (!lost) showLoss();
    lost = true;
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

function hear(event) {
  if (lost === true) {
    lost = false;
    $("trouble").hidden = true;
    outdated = true;
  }
  const heard = { opening, opened, failed: notOpened, merging: mergeGoesOn, merged: mergeEnded, frames, rendering, target, warning, note, elsewhere, ended };
  return heard[event.event](event);
}

function opening({ stage, fraction }) {
  $("loading").hidden = false;
  $("loading").querySelector("p").textContent = `${stage} …`;
  $("loading").querySelector("progress").value = fraction;
}

async function opened(event) {
  if (facts !== null) { // the connection was lost meanwhile; the page knows more than the program
    strokes.dirty = [0, 0, facts.width, facts.height];
    return sync();
  }
  facts = event;
  settings = event.settings;
  strokes = new Strokes(facts.width, facts.height, await server.bytes("labels"));
  view = new View($("picture"), facts.width, facts.height, zoomed);
  $("loading").hidden = true;
  for (const section of document.querySelectorAll("section")) section.inert = false;
  document.title = `${facts.frames[0].name} – hdrnet review`;
  $("size").textContent = `${facts.frames.length} frames, preview ${facts.width} × ${facts.height} of ${facts.full.join(" × ")}`;
  view.setChoices(strokes.map);
  listFrames();
  showSettings();
  watch();
  choose(facts.frames.findIndex((_, index) => index + 1 === settings.reference) + 1);
  outdated = true;
  sync();
}

function notOpened({ message, readable }) {
  $("loading").hidden = true;
  trouble(message, readable ? [["Leave out what cannot be read", () => { $("trouble").hidden = true; act("open", { skip_unreadable: true }); }]] : []);
}

function mergeGoesOn({ stage, fraction }) {
  $("merge").disabled = true;
  $("merging").hidden = false;
  $("progress").value = fraction;
  $("step").textContent = `${stage} (${Math.round(100 * fraction)} %)`;
}

function mergeEnded({ message, failed }) {
  $("merging").hidden = true;
  $("merge").disabled = facts === null;
  say(message, failed ? "failed" : "done");
  if (!failed) merged = merging;
}

// What is known of the frames under the present settings.
function frames({ stops, notes, warnings, unknown }) {
  for (const [index, row] of [...document.querySelectorAll("#list .frame")].slice(0, stops.length).entries()) {
    const rounded = stops[index].toFixed(1).replace("-0.0", "0.0");
    const relative = Number(rounded) === 0 ? "±0 EV" : `${stops[index] > 0 ? "+" : "−"}${rounded.replace("-", "")} EV`;
    row.querySelector("small").textContent = [facts.frames[index].time, relative].filter(Boolean).join(" · ");
    row.querySelector(".notes").textContent = notes[index].join(" ");
  }
  $("unknown").textContent = `No frame shows ${(100 * unknown).toFixed(1)} % of the picture; the network makes it.`;
  $("unknown").hidden = unknown < 0.0005;
  $("warnings").replaceChildren(...warnings.map((text) => Object.assign(document.createElement("li"), { className: "warning", textContent: text })));
}

function rendering({ stage }) { $("busy").textContent = `${stage} …`; }

function target({ next }) { $("output").textContent = next; }

function warning({ message }) { say(message, "warning"); }

function note({ message }) { say(message, "note"); }

function elsewhere() {
  close();
  trouble("This review goes on in another tab. What was painted here is there, too.", [["Work here instead", () => location.reload()]]);
}

function ended() {
  close();
  trouble("hdrnet review has ended; this tab can be closed.", []);
}

function refuse(message) { trouble(message, []); }

function close() {
  lost = "for good";
  for (const part of document.querySelectorAll("section, .tools")) part.inert = true;
}

function unsaved() { return facts !== null && edits !== merged && !strokes.empty; }

function say(text, kind) {
  const line = Object.assign(document.createElement("li"), { className: kind, textContent: text });
  $("told").prepend(line);
}

function trouble(text, ways, command = "") {
  const box = $("trouble");
  box.replaceChildren(Object.assign(document.createElement("p"), { textContent: text }));
  if (command) box.append(Object.assign(document.createElement("pre"), { textContent: command }));
  for (const [name, act] of ways) {
    const button = Object.assign(document.createElement("button"), { textContent: name });
    button.addEventListener("click", act);
    box.append(button);
  }
  box.hidden = false;
}

function showLoss() {
  if (facts === null) return trouble("hdrnet review has ended, or cannot be reached.", []);
  const painted = !strokes.empty;
  const name = facts.choices;
  const command = `${facts.command} --reference ${settings.reference} --deghost ${settings.deghost}${painted ? ` --choices ${name}` : ""}`;
  const ways = painted ? [["Save what was painted", () => save(name)]] : [];
  trouble(
    painted ? "hdrnet review has ended, or cannot be reached. What you painted is still here: save it, and this makes the merge in the folder that it is saved in:"
      : "hdrnet review has ended, or cannot be reached. This makes the merge:",
    ways, command,
  );
}

async function save(name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(await strokes.png()), download: name });
  link.click();
}

// Asks the program for something, and says in place why it refuses.
async function act(path, told) { return said(server.tell(path, told)); }

async function merge() {
  merging = edits;
  $("merge").disabled = true; // until the merge is told to have ended
  if (!(await said(server.merge(settings, strokes.map)))) $("merge").disabled = false;
}

async function said(asked) {
  try {
    await asked;
    return true;
  } catch (error) {
    if (!error.gone) say(error.message, "failed");
    return false;
  }
}

// ---- the preview ----

function changed() {
  stale ??= performance.now();
  edits += 1;
  sync();
}

// Has the preview follow: one question at a time, each with all that changed since the last. While the brush is down only
// what it changes is asked for; when it rests, a whole picture follows, which the next stroke may stop.
async function sync() {
  if (!facts || lost) return;
  if (asking) {
    const long = performance.now() - asking.since > 1000;
    if (asking.whole && (strokes.dirty || (outdated && long))) asking.abort();
    return;
  }
  const change = strokes.take();
  const quick = change !== null && (strokes.now !== null || !outdated);
  if (change === null && (!outdated || strokes.now)) return;
  const [stroke, seen, since] = [strokes.now, (strokes.now?.points.length ?? 1) - 1, stale ?? performance.now()];
  const slow = setTimeout(() => { $("busy").hidden = false; }, 400);
  asking = Object.assign(new AbortController(), { whole: !quick, since: performance.now() });
  stale = null;
  outdated &&= quick;
  try {
    view.setPicture(await server.picture(settings, change, quick, asking.signal));
    if (change) view.setChoices(strokes.map, [change.x, change.y, change.x + change.w, change.y + change.h]);
    if (strokes.now && strokes.now === stroke) pending = seen;
    view.setStroke(strokes.now, pending);
    requestAnimationFrame(() => performance.measure(quick ? "quick" : "whole", { start: since })); // the frame that shows it
    if (view.shown.marks) view.setMarks(await server.bytes("marks"), facts.marks.map((mark) => mark.tint));
    $("merge").disabled = !$("merging").hidden;
    if (quick) rest();
  } catch (error) {
    if (change) strokes.giveBack(change);
    outdated ||= !quick;
    failed = error.name !== "AbortError" && error.code !== 409;
    if (failed && !error.gone) say(error.message, "failed");
  }
  clearTimeout(slow);
  $("busy").hidden = true;
  asking = null;
  buttons();
  if (failed) failed = false;
  else sync();
}

// Asks for a whole picture once the brush has rested.
function rest() {
  clearTimeout(resting);
  resting = setTimeout(() => {
    resting = null;
    if (strokes.now) return rest();
    outdated = true;
    sync();
  }, 400);
}

function buttons() {
  $("undo").disabled = strokes.done.length === 0;
  $("redo").disabled = strokes.undone.length === 0;
  $("clear").disabled = strokes.empty;
}

// ---- settings ----

function listFrames() {
  const rows = facts.frames.map((frame, index) => row(index + 1, frame.name, frame.time, `${index + 1}`));
  rows.push(row(NETWORK, "The network", "where no frame shows it", "N"), row(0, "Eraser", "takes choices back", "E"));
  $("list").replaceChildren(...rows);
}

function row(value, name, about, key) {
  const line = document.createElement("label");
  line.className = "frame";
  const radio = Object.assign(document.createElement("input"), { type: "radio", name: "label", value });
  radio.addEventListener("change", () => choose(value));
  const chip = Object.assign(document.createElement("span"), { className: "chip", textContent: key });
  chip.style.background = value ? colourOf(value) : "#ddd";
  const text = document.createElement("span");
  text.append(Object.assign(document.createElement("b"), { textContent: name, title: name }));
  text.append(Object.assign(document.createElement("small"), { textContent: about }));
  const picture = document.createElement(value && value !== NETWORK ? "img" : "span");
  if (picture.tagName === "IMG") {
    picture.alt = "";
    server.imageUrl(`thumbnail?n=${value}`).then((url) => { picture.src = url; }).catch(() => {});
    const reference = Object.assign(document.createElement("button"), { className: "reference", type: "button", title: "The frame whose content and geometry the merge has" });
    reference.addEventListener("click", (event) => {
      event.preventDefault();
      set("reference", value);
    });
    text.append(reference);
    line.append(Object.assign(document.createElement("span"), { className: "notes" }));
  } else {
    picture.className = "none";
    picture.textContent = value ? "✦" : "⌫";
  }
  line.prepend(radio, chip, picture, text);
  return line;
}

function choose(value) {
  label = value;
  const radio = document.querySelector(`#list input[value="${value}"]`);
  if (radio) radio.checked = true;
  if (view?.brush) Object.assign(view.brush, { label });
  view?.draw();
}

function set(name, value) {
  settings[name] = value;
  outdated = true;
  showSettings();
  stale ??= performance.now();
  sync();
}

function showSettings() {
  for (const [name, text] of Object.entries(SLIDERS)) {
    $(name).value = settings[name];
    show(name, text(Number(settings[name])));
  }
  $("tone").replaceChildren(...facts.tones.map((tone) => Object.assign(document.createElement("option"), { value: tone, textContent: tone })));
  $("tone").value = settings.tone;
  $("rebuild").checked = settings.rebuild;
  for (const [index, button] of document.querySelectorAll(".reference").entries()) {
    const pressed = index + 1 === settings.reference;
    button.setAttribute("aria-pressed", pressed);
    button.textContent = pressed ? "★ Reference" : "Make reference";
  }
  $("look").textContent = facts.look;
  $("legend").replaceChildren(...facts.marks.filter((mark) => mark.tint[3]).map((mark) => {
    const line = document.createElement("li");
    const chip = document.createElement("i");
    chip.style.background = `rgb(${mark.tint.slice(0, 3).join()})`;
    line.append(chip, mark.name);
    return line;
  }));
}

function show(name, text) { document.querySelector(`output[for="${name}"]`).textContent = text; }

// ---- the brush ----

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

// ---- mouse, pen, touch and keys ----

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

$("help").addEventListener("click", () => $("keys").showModal());
$("finish").addEventListener("click", () => {
  if (!unsaved() || confirm("What was painted is in no merge yet. End the review without it?")) act("leave", { for_good: true });
});
addEventListener("pagehide", () => server.leave());
live();

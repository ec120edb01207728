"use strict";
// How the preview follows what is painted and set.

let outdated = false; // the settings changed since a picture was asked for
let asking = null; // the question for a picture that is not answered yet
let failed = false; // it was refused
let resting = null; // the timer after a stroke
let pending = 0; // of the stroke being drawn, the first point that the preview does not show yet
let stale = null; // when the oldest change was made that the preview does not show yet

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
    else server.tell("strokes", { done: strokes.done, undone: strokes.undone }).catch(() => {}); // too many: no undoing
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

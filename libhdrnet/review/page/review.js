"use strict";
// The review: what the person does goes into strokes and settings, what they do to the merge comes onto the canvas.

const $ = (id) => document.getElementById(id);
const NETWORK = 255;

let facts = null; // what the program told of the bracket, once it is open
let settings = null;
let strokes = null;
let view = null;
let label = 1;
let edits = 0; // how often the map was changed
let merging = 0; // how often when the merge began that is being made
let merged = 0; // how often when the last one began that was made
let lost = false;

async function live() {
  try {
    await server.enter();
  } catch (error) {
    return trouble(error.message, []);
  }
  for (;;) {
    try {
      await server.listen(hear);
    } catch (error) {
      if (error.code === 403) return trouble(error.message, []);
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
  const heard = {
    opening, opened, failed: notOpened, merging: mergeGoesOn, merged: mergeEnded, frames: describe, elsewhere, ended,
    rendering: ({ stage }) => { $("busy").textContent = `${stage} …`; },
    target: ({ next }) => { $("output").textContent = next; },
    warning: ({ message }) => say(message, "warning"),
    note: ({ message }) => say(message, "note"),
  };
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
  const labels = await server.bytes("labels");
  strokes = new Strokes(facts.width, facts.height, await server.bytes("begun"), await server.json("strokes"));
  if (strokes.difference(labels)) strokes = new Strokes(facts.width, facts.height, labels); // the last one was not kept
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
  const without = () => {
    $("trouble").hidden = true;
    act("open", { skip_unreadable: true });
  };
  trouble(message, [...(readable ? [["Leave out what cannot be read", without]] : []), ["End the review", end]]);
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

function elsewhere() {
  shut();
  trouble("This review goes on in another tab. What was painted here is there, too.", [["Work here instead", () => location.reload()]]);
}

function ended() {
  shut();
  trouble("hdrnet review has ended; this tab can be closed.", []);
}

function shut() {
  lost = "for good";
  for (const part of document.querySelectorAll("section, .tools")) part.inert = true;
}

function unsaved() { return facts !== null && edits !== merged && !strokes.empty; }

function say(text, kind) { $("told").prepend(made("li", { className: kind, textContent: text })); }

function trouble(text, ways, command = "") {
  const box = $("trouble");
  box.replaceChildren(made("p", { textContent: text }));
  if (command) box.append(made("pre", { textContent: command }));
  for (const [name, act] of ways) {
    const button = made("button", { textContent: name });
    button.addEventListener("click", act);
    box.append(button);
  }
  box.classList.toggle("calm", lost === "for good"); // nothing went wrong
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

async function save(name) { made("a", { href: URL.createObjectURL(await strokes.png()), download: name }).click(); }

// Asks the program for something, and says in place why it refuses.
async function act(path, told) { return said(server.tell(path, told)); }

function end() { act("leave", { for_good: true }); }

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

$("help").addEventListener("click", () => $("keys").showModal());
$("finish").addEventListener("click", () => {
  if (!unsaved() || confirm("What was painted is in no merge yet. End the review without it?")) end();
});
addEventListener("pagehide", () => server.leave());
live();

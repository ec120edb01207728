"use strict";
// The panels beside the picture: frames, sliders, what is told of them.

const SLIDERS = { deghost: (x) => x.toFixed(2), exposure: (x) => `${x > 0 ? "+" : ""}${x.toFixed(1)} EV`, local: (x) => x.toFixed(2) };

function listFrames() {
  const rows = facts.frames.map((frame, index) => row(index + 1, frame.name, frame.time, `${index + 1}`));
  rows.push(row(NETWORK, "The network", "where no frame shows it", "N"), row(0, "Eraser", "takes choices back", "E"));
  $("list").replaceChildren(...rows);
}

// Makes an element, with what it contains.
function made(tag, properties, ...contents) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...contents);
  return element;
}

function row(value, name, about, key) {
  const radio = made("input", { type: "radio", name: "label", value });
  radio.addEventListener("change", () => choose(value));
  const chip = made("span", { className: "chip", textContent: key });
  chip.style.background = value ? colourOf(value) : "#ddd";
  const text = made("span", {}, made("b", { textContent: name, title: name }), made("small", { textContent: about }));
  if (!value || value === NETWORK) return made("label", { className: "frame" }, radio, chip, made("span", { className: "none", textContent: value ? "✦" : "⌫" }), text);
  const picture = made("img", { alt: "" });
  server.imageUrl(`thumbnail?n=${value}`).then((url) => { picture.src = url; }).catch(() => {});
  const reference = made("button", { className: "reference", type: "button", title: "The frame whose content and geometry the merge has" });
  reference.addEventListener("click", (event) => {
    event.preventDefault();
    set("reference", value);
  });
  text.append(reference);
  return made("label", { className: "frame" }, radio, chip, picture, text, made("span", { className: "notes" }));
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
  $("tone").replaceChildren(...facts.tones.map((tone) => made("option", { value: tone, textContent: tone })));
  $("tone").value = settings.tone;
  $("rebuild").checked = settings.rebuild;
  for (const [index, button] of document.querySelectorAll(".reference").entries()) {
    const pressed = index + 1 === settings.reference;
    button.setAttribute("aria-pressed", pressed);
    button.textContent = pressed ? "★ Reference" : "Make reference";
  }
  $("look").textContent = facts.look;
  $("legend").replaceChildren(...facts.marks.filter((mark) => mark.tint[3]).map((mark) => {
    const chip = made("i");
    chip.style.background = `rgb(${mark.tint.slice(0, 3).join()})`;
    return made("li", {}, chip, mark.name);
  }));
}

function show(name, text) { document.querySelector(`output[for="${name}"]`).textContent = text; }

// What is known of the frames under the present settings.
function describe({ stops, notes, warnings, unknown }) {
  for (const [index, row] of [...document.querySelectorAll("#list .frame")].slice(0, stops.length).entries()) {
    const size = Math.abs(stops[index]).toFixed(1);
    const relative = `${size === "0.0" ? "±" : stops[index] > 0 ? "+" : "−"}${size} EV`;
    row.querySelector("small").textContent = [facts.frames[index].time, relative].filter(Boolean).join(" · ");
    row.querySelector(".notes").textContent = notes[index].join("\n");
  }
  $("unknown").textContent = `The network makes ${(100 * unknown).toFixed(1)} % of the picture.`;
  $("unknown").hidden = unknown < 0.0005;
  $("warnings").replaceChildren(...warnings.map((text) => made("li", { className: "warning", textContent: text })));
}

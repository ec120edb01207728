"use strict";
// What the page asks of `hdrnet review`, the program that opened it, and what that tells.

const server = {
  token: "",
  page: crypto.randomUUID(),

  // Takes the token from the address; one that was good once is exchanged for it. Loaded anew, the tab knows it.
  async enter() {
    const [, once, token] = location.hash.match(/^#(once=)?(.*)$/) ?? [];
    if (once) {
      sessionStorage.setItem("token", await (await this.ask("POST", "enter", token)).text());
      history.replaceState(null, "", location.pathname);
    }
    this.token = (!once && token) || sessionStorage.getItem("token") || "";
  },

  // Fails with `gone` where there is no program any more, and with what it says where it refuses.
  async ask(method, path, body, options = {}) {
    let answer;
    try {
      answer = await fetch(path, { method, body, headers: { "X-Token": this.token, "X-Page": this.page }, ...options });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw Object.assign(new Error("hdrnet review has ended, or cannot be reached."), { gone: true });
    }
    if (!answer.ok) throw Object.assign(new Error(await answer.text()), { code: answer.status });
    return answer;
  },

  async json(path) { return (await this.ask("GET", path)).json(); },

  async bytes(path) { return new Uint8Array(await (await this.ask("GET", path)).arrayBuffer()); },

  async imageUrl(path) { return URL.createObjectURL(await (await this.ask("GET", path)).blob()); },

  async tell(path, facts = {}) { return this.ask("POST", path, JSON.stringify(facts)); },

  // Asks for the preview with the changed labels: {x, y, w, h, labels}, or null; gives {x, y, w, h, pixels}, RGBA, of what
  // differs. With `quick` only what the labels change is made anew.
  async picture(settings, change, quick, signal) {
    const query = new URLSearchParams({ settings: JSON.stringify(settings) });
    if (change) query.set("box", [change.x, change.y, change.w, change.h].join());
    if (quick) query.set("quick", "1");
    const answer = await this.ask("POST", `picture?${query}`, change ? change.labels : null, { signal });
    const [x, y, w, h] = answer.headers.get("X-Box").split(",").map(Number);
    return { x, y, w, h, pixels: new Uint8ClampedArray(await answer.arrayBuffer()) };
  },

  async merge(settings, labels) { return this.ask("POST", `merge?${new URLSearchParams({ settings: JSON.stringify(settings) })}`, labels); },

  // Hears what the program tells, a JSON object a line, until it ends.
  async listen(hear) {
    const reader = (await this.ask("GET", "events")).body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        const lines = (rest + value).split("\n");
        rest = lines.pop();
        for (const line of lines) if (line) await hear(JSON.parse(line));
      }
    } catch {
      return; // the program ended in the middle of it
    }
  },

  leave() { this.ask("POST", "leave", null, { keepalive: true }).catch(() => {}); }, // the page is closed meanwhile
};

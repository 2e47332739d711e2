"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const MODES = { idle: "Nothing is running.", running: "At work.", pausing: "Pausing: what is running is finished, and nothing new begins.", ending: "Ending." };
  const STATES = { waiting: "waiting", running: "at work", finished: "finished", failed: "failed", skipped: "skipped" };
  const MOST_LINES = 200;
  const rows = new Map();

  const ask = async (action, body = {}) => {
    const answer = await fetch(`api/${action}`, {
      method: "POST", headers: { "Content-Type": "application/json", "X-Drapto": "1" }, body: JSON.stringify(body),
    }).catch((error) => ({ ok: false, text: async () => String(error) }));
    if (!answer.ok) problem(await answer.text());
  };
  const problem = (text) => { $("problem").hidden = !text; if ($("problem").textContent !== text) $("problem").textContent = text; };
  // text alone is ever set: a title's name is a stranger's
  const make = (tag, name, text) => { const made = document.createElement(tag); if (name) made.className = name; if (text) made.textContent = text; return made; };
  const set = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const button = (text, act) => { const made = make("button", "", text); made.type = "button"; made.addEventListener("click", act); return made; };

  const row = (name) => {
    const item = make("li"), head = make("div"), title = make("h3"), state = make("p"), acts = make("div", "acts");
    const bar = make("progress", "wide"), failures = make("div", "wide");
    head.append(title, state);
    const up = button("Up", () => ask("move", { title: name, by: -1 })), down = button("Down", () => ask("move", { title: name, by: 1 }));
    const retry = button("Retry", () => ask("retry", { title: name })), report = make("a", "", "Report");
    report.href = `report/${encodeURIComponent(name)}`;
    acts.append(report, retry, up, down);
    bar.max = 100;
    item.append(head, acts, bar, failures);
    const made = { item, title, state, bar, failures, up, down, retry, report, focused: null };
    rows.set(name, made);
    return made;
  };

  const show = (snapshot) => {
    const active = document.activeElement;
    const far = snapshot.far && snapshot.mode !== "idle" ? ` ${snapshot.far}.` : "";
    set($("mode"), (MODES[snapshot.mode] || snapshot.mode) + far);
    problem(snapshot.problem);
    const open = snapshot.titles.some((one) => !["finished", "skipped"].includes(one.state));
    $("start").disabled = !(snapshot.mode === "pausing" || (snapshot.mode === "idle" && open));
    set($("start"), snapshot.mode === "pausing" ? "Go on" : "Start");
    $("pause").disabled = snapshot.mode !== "running";
    $("empty").hidden = snapshot.titles.length > 0;
    const queue = $("queue"), last = snapshot.titles.length - 1;
    snapshot.titles.forEach((one, place) => {
      const made = rows.get(one.name) || row(one.name);
      // moved only where it stands elsewhere: what is moved loses the focus
      if (queue.children[place] !== made.item) queue.insertBefore(made.item, queue.children[place] || null);
      set(made.title, one.shown);
      const percent = one.progress === null ? "" : `, ${one.progress.toFixed(0)} %`, left = one.left ? `, ${one.left} left` : "";
      const stages = one.stages.length ? `: ${one.stages.join(", ")}` : "", places = one.places.map((text) => `; ${text}`).join("");
      const state = one.waits_for ? `waiting for ${one.waits_for}` : STATES[one.state];
      set(made.state, `${state}${one.state === "running" ? stages + percent + left + places : ""}${one.note && one.state !== "finished" ? ` – ${one.note}` : ""}`);
      made.state.className = `state ${one.state}`;
      made.bar.hidden = one.progress === null;
      if (one.progress !== null) made.bar.value = one.progress;
      made.bar.setAttribute("aria-label", `How much of the work on ${one.shown} is done`);
      const failures = one.failures.join("\n");
      if (made.failures.dataset.said !== failures) {
        made.failures.dataset.said = failures;
        made.failures.replaceChildren(...one.failures.map((line) => make("p", "failed", line)));
      }
      made.up.disabled = place === 0; made.down.disabled = place === last;
      made.retry.hidden = one.state !== "failed"; made.report.hidden = !one.report;
      for (const [what, text] of [["up", "Move up"], ["down", "Move down"], ["retry", "Retry"], ["report", "Report of"]]) made[what].setAttribute("aria-label", `${text}: ${one.shown}`);
    });
    for (const [name, made] of rows) if (!snapshot.titles.some((one) => one.name === name)) { made.item.remove(); rows.delete(name); }
    // what had the focus keeps it; where it can do nothing now, what is beside it has it
    if (active.disabled) [active.nextElementSibling, active.previousElementSibling].find((one) => one && !one.disabled)?.focus();
    else if (active !== document.activeElement && active.isConnected) active.focus();
    document.body.dataset.mode = snapshot.mode;
  };

  const QUIET = new Set(["progress", "state", "stage_started", "encoding_started", "stage_waiting", "stage_running", "title_progress", "queue_progress"]);
  const line = (name, event) => {
    if (QUIET.has(name)) return;
    const said = event.message || event.reason || event.summary || "";
    const part = event.segment ?? event.track ?? event.decode_part;
    const named = rows.get(event.title)?.title.textContent || event.title;
    const what = `${named}: ${event.stage || name.replaceAll("_", " ")}${part === undefined || part === null ? "" : ` ${part}`}${said ? `: ${said}` : ""}`;
    $("log").prepend(make("li", name === "error" ? "failed" : "", `${new Date(event.time).toLocaleTimeString()} ${what}`));
    while ($("log").children.length > MOST_LINES) $("log").lastElementChild.remove();
  };

  $("start").addEventListener("click", () => ask("start"));
  $("pause").addEventListener("click", () => ask("pause"));
  const source = new EventSource("events");
  source.addEventListener("snapshot", (event) => show(JSON.parse(event.data)));
  source.addEventListener("happened", (event) => { const record = JSON.parse(event.data); line(record.event, record); });
  source.addEventListener("error", () => set($("mode"), "The connection is lost; trying again …"));
})();

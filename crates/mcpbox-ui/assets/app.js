// The stand-in page of the admin side. Texts written by an LLM or by people become text nodes only, never markup.
const main = document.getElementById("main");
const notice = document.getElementById("notice");

/** An element; children that are strings become text. */
function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
}
const badge = (text, kind) => el("span", { class: `badge ${kind ?? ""}` }, text);
const time = (text) => new Date(text).toLocaleString();
const json = (value) => JSON.stringify(value, null, 1);
const show = (...nodes) => main.replaceChildren(...nodes.flat().filter(Boolean));
const go = (path) => { history.pushState(null, "", path); route(); };
const capability = (item) => `${item.kind} ${item.name ?? item.key ?? item.host}${item.version ?? ""}${item.network ? " with network" : ""}${item.port ? ":" + item.port : ""}${item.method ? ` (${item.method})` : ""}`;
const risk = (level) => badge(`risk: ${level}`, { low: "ok", high: "warn", critical: "bad" }[level]);

/** Calls the API; throws the problem it answers. */
async function api(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(`/api${path}`, options);
  if (response.ok) return response.status === 204 ? null : response.json();
  const problem = await response.json().catch(() => ({ detail: `The server answered ${response.status}.` }));
  problem.status = response.status;
  throw problem;
}

/** Runs an action of a button or form: says what failed, and leads to the login when the session is over. */
async function attempt(action) {
  notice.textContent = "";
  try {
    await action();
  } catch (problem) {
    if (problem.status === 401 && location.pathname !== "/login") return go("/login");
    notice.textContent = problem.detail ?? String(problem);
  }
}
const act = (action) => (event) => { event.preventDefault(); attempt(action); };

function field(label, name, type, autocomplete, extra) {
  return el("label", {}, label, el("input", { name, type, autocomplete, required: true, ...extra }));
}

let source;
let refresh;
/** Follows live events while somebody is logged in; a change redraws the overview. */
function follow(loggedIn) {
  if (!loggedIn || source?.readyState === EventSource.CLOSED) {
    source?.close();
    source = null;
  }
  if (!loggedIn || source) return;
  source = new EventSource("/api/events");
  const redraw = () => {
    clearTimeout(refresh);
    refresh = setTimeout(() => { if (location.pathname === "/" && !main.querySelector("details[open]")) attempt(homePage); }, 300);
  };
  source.onmessage = redraw;
  source.addEventListener("missed", redraw);
}

function account(name) {
  follow(Boolean(name));
  const out = el("button", { onclick: act(async () => { await api("DELETE", "/session"); go("/login"); }) }, "Log out");
  document.getElementById("account").replaceChildren(...(name ? [el("span", { class: "dim" }, `${name} `), out] : []));
}

function loginForm(title, intro, button, submit, newPassword) {
  const form = el("form", { class: "card narrow" }, el("h1", {}, title), el("p", { class: "dim" }, intro),
    field("User name", "username", "text", "username", { maxlength: 64 }),
    newPassword ? field("Password (10 characters or more)", "password", "password", "new-password", { minlength: 10 })
      : field("Password", "password", "password", "current-password"),
    el("button", { class: "primary", type: "submit" }, button));
  form.addEventListener("submit", act(() => submit({ username: form.username.value, password: form.password.value })));
  account(null);
  show(form);
}

async function setupPage() {
  if (!(await api("GET", "/setup")).needed) return go("/");
  const given = new URLSearchParams(location.search).get("token") ?? new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) sessionStorage.setItem("setup", given);
  history.replaceState(null, "", "/setup"); // the token must not stay in the history
  const token = sessionStorage.getItem("setup");
  if (!token) return show(el("div", { class: "card narrow" }, el("h1", {}, "Set up MCPbox"),
    el("p", {}, "Open the setup link that MCPbox printed when it started, or run: mcpbox admin create")));
  loginForm("Set up MCPbox", "Make the first admin account. It reviews and approves what LLMs write.", "Create admin", async (who) => {
    await api("POST", "/setup", { ...who, token });
    sessionStorage.removeItem("setup");
    go("/");
  }, true);
}

async function loginPage() {
  if ((await api("GET", "/setup")).needed) return go("/setup");
  loginForm("Log in", "MCPbox admin", "Log in", async (who) => {
    await api("POST", "/session", who);
    go("/");
  });
}

function reviewCard(item) {
  const gains = item.requested.length ? `Newly granted: ${item.requested.join(", ")}` : "Nothing new is granted.";
  return el("li", {}, el("div", { class: "row" },
    el("a", { class: "mono", href: `/approvals/${item.id}` }, `${item.tool} v${item.version}`),
    el("span", {}, badge(item.is_update ? "update" : "new tool"), " ", risk(item.risk))),
    el("p", {}, gains), el("p", { class: "dim" }, `asked by ${item.requested_by.name}, ${time(item.created_at)}`));
}

async function serverCard(server) {
  const running = server.status === "running";
  const flip = act(async () => { await api("POST", `/servers/${server.id}/${running ? "stop" : "start"}`); await homePage(); });
  const tools = (await api("GET", `/servers/${server.id}/tools?page_size=100`)).items;
  return el("div", { class: "card" }, el("div", { class: "row" },
    el("h3", { class: "mono" }, server.name), badge(server.status, running ? "ok" : ""),
    el("button", { onclick: flip }, running ? "Stop" : "Start")),
    el("p", { class: "dim" }, server.description),
    el("ul", {}, tools.map((tool) => el("li", { class: "row" }, el("span", { class: "mono" }, tool.name),
      el("span", {}, tool.live_version ? badge(`v${tool.live_version} live`, "ok") : badge("not live"), " ",
        tool.newest_version !== tool.live_version ? badge(`v${tool.newest_version} ${tool.state.replace("_", " ")}`, "warn") : null,
        tool.enabled ? null : badge("disabled", "bad"))))));
}

function runRow(run) {
  const outcome = run.failure ? badge(run.failure.kind, "bad") : badge("ok", "ok");
  return el("li", {}, el("details", {}, el("summary", {}, outcome, ` ${time(run.started_at)} · ${run.actor.name} · `,
    `${(run.observed.duration_us / 1000).toFixed(1)} ms`, run.profile === "quarantine" ? " · test" : ""),
    el("h3", {}, "Arguments"), lines(json(run.arguments)),
    el("h3", {}, run.failure ? "Failure" : "Result"), lines(run.failure ? run.failure.message : json(run.result)),
    run.stdout ? [el("h3", {}, "Printed"), lines(run.stdout)] : null,
    run.observed.hosts.map((host) => el("p", { class: "mono" }, `${host.method} ${host.host}:${host.port}: ${host.outcome} ${host.detail}`))));
}
const lines = (text) => el("pre", { class: "wrap" }, text.split("\n").map((line) => el("span", {}, line || " ")));

function grantRow(grant) {
  const decide = (verb) => act(async () => { await api("POST", `/grants/${grant.id}/${verb}`, { comment: "" }); await homePage(); });
  return el("li", { class: "row" }, el("span", {}, el("span", { class: "mono" }, capability(grant.capability)), ` for ${grant.scope.level}: ${grant.justification}`),
    el("span", {}, el("button", { onclick: decide("reject") }, "Refuse"), " ", el("button", { class: "primary", onclick: decide("approve") }, "Grant")));
}

function secretRow(secret) {
  const form = el("form", {}, field("Value (never shown again)", "value", "password", "off"),
    field("Hosts it may be sent to, separated by spaces", "hosts", "text", "off", { value: secret.hosts.map((host) => host.host + (host.port ? ":" + host.port : "")).join(" "), required: false }),
    el("button", { type: "submit" }, "Set value"));
  form.addEventListener("submit", act(async () => {
    const hosts = form.hosts.value.split(/\s+/).filter(Boolean);
    await api("PUT", `/servers/${secret.server}/secrets/${secret.key}/value`, { value: form.value.value, hosts });
    await homePage();
  }));
  return el("li", {}, el("details", {}, el("summary", {}, el("span", { class: "mono" }, `${secret.server} ${secret.key} `),
    secret.has_value ? badge("has a value", "ok") : badge("value missing", "warn"), ` ${secret.description}`), form));
}

async function homePage() {
  const [me, reviews, servers, runs, sandbox, grants, secrets] = await Promise.all([api("GET", "/session"),
    api("GET", "/reviews?state=open&page_size=100"), api("GET", "/servers?page_size=100"), api("GET", "/calls?page_size=20"), api("GET", "/sandbox"),
    api("GET", "/grants?state=pending&page_size=100"), api("GET", "/secrets?page_size=100")]);
  account(me.username);
  const cards = await Promise.all(servers.items.map(serverCard));
  show(el("h1", {}, reviews.total ? `${reviews.total} waiting for you` : "Nothing waits for you"),
    sandbox.tier === "full" ? null : el("p", { class: "card" }, badge(`sandbox: ${sandbox.tier}`, "bad"), ` ${sandbox.detail}`),
    reviews.total ? el("ul", { class: "card" }, reviews.items.map(reviewCard)) : el("p", { class: "dim" }, "An LLM asks with mcpbox_request_publish; the request then appears here."),
    grants.total ? [el("h2", {}, "Asked for on its own"), el("ul", { class: "card" }, grants.items.map(grantRow))] : null,
    el("h2", {}, "Servers and tools"), cards.length ? cards : el("p", { class: "dim" }, "No server yet. Connect an MCP client and ask it to make a tool."),
    secrets.total ? [el("h2", {}, "Secrets"), el("ul", { class: "card" }, secrets.items.map(secretRow))] : null,
    el("h2", {}, "Recent runs"), runs.total ? el("ul", { class: "card" }, runs.items.map(runRow)) : el("p", { class: "dim" }, "No runs yet."));
}

function diffView(diff) {
  const marks = { added: "+", removed: "-", same: " " };
  return diff.hunks.map((hunk) => el("pre", {}, hunk.lines.map((line) => el("span", { class: line.change },
    `${String(line.new_line ?? "").padStart(4)} ${marks[line.change]} ${line.text.replace(/\n$/, "")}`))));
}

function codeView(code, findings) {
  const marked = new Set(findings.map((finding) => finding.line));
  return el("pre", {}, code.split("\n").map((line, index) =>
    el("span", { class: marked.has(index + 1) ? "finding" : null }, `${String(index + 1).padStart(4)}   ${line}`)));
}

/** What must be done before Approve works: tick every point of a high risk, type the name for a critical one. */
function friction(detail, approve) {
  const points = [...detail.review.requested.map((item) => `grants ${capability(item)}`),
    ...detail.findings.map((finding) => finding.message)];
  const ticks = detail.review.risk === "low" ? [] : points.map((text) => el("label", { class: "tick" }, el("input", { type: "checkbox" }), text));
  const typed = detail.review.risk === "critical" ? el("label", {}, `Type ${detail.name} to approve`, el("input", { autocomplete: "off", spellcheck: "false" })) : null;
  const check = () => {
    const named = !typed || typed.querySelector("input").value === detail.name;
    approve.disabled = !named || !ticks.every((tick) => tick.firstChild.checked);
  };
  const box = el("div", { oninput: check }, ticks, typed);
  check();
  return box;
}

function vulnerabilities(check) {
  if (check.state !== "checked") return badge("not checked", "warn");
  if (!check.found.length) return badge("none known", "ok");
  return check.found.map((known) => el("p", {}, badge(known.id, "bad"), ` ${known.summary ?? ""}`));
}

function packageTable(packages) {
  const origins = { requested: "asked for", dependency: "", base: "every tool has it" };
  const rows = packages.packages.map((item) => el("tr", {}, el("td", { class: "mono" }, item.name), el("td", { class: "mono" }, item.version),
    el("td", {}, item.size_bytes ? `${(item.size_bytes / 1e6).toFixed(1)} MB` : "–"), el("td", {}, item.license ?? "not told"),
    el("td", {}, vulnerabilities(item.vulnerabilities)), el("td", { class: "dim" }, origins[item.origin] ?? "")));
  return [el("h2", {}, "Packages that would be installed"),
    packages.state === "resolved" ? null : el("p", {}, badge(packages.state, packages.state === "failed" ? "bad" : "warn"), ` ${packages.reason ?? "what would be installed is not known yet"}`),
    rows.length ? el("table", { class: "card" }, el("thead", {}, el("tr", {}, ["Package", "Version", "Size", "Licence", "Known vulnerabilities", ""].map((name) => el("th", {}, name)))), el("tbody", {}, rows)) : null];
}

async function reviewPage(id) {
  const detail = await api("GET", `/reviews/${id}`);
  account((await api("GET", "/session")).username);
  const { review, version, live, findings } = detail;
  const comment = el("textarea", { name: "comment", rows: 2, maxlength: 2000 });
  const decide = (verb) => act(async () => {
    try {
      await api("POST", `/reviews/${id}/${verb}`, { content_hash: review.content_hash, comment: comment.value });
      go("/");
    } catch (problem) {
      if (problem.status === 409) await reviewPage(id);
      throw problem;
    }
  });
  const approve = el("button", { class: "primary", onclick: decide("approve") }, "Approve");
  const again = act(async () => { await api("POST", `/reviews/${id}/resolve`); await reviewPage(id); });
  const unresolved = detail.packages && detail.packages.state !== "resolved";
  const bar = review.state === "open"
    ? el("div", { class: "card decide" }, friction(detail, approve), el("label", {}, "Comment (goes to the LLM)", comment),
      el("div", { class: "row" }, el("button", { onclick: decide("reject") }, "Send back"),
        unresolved ? el("button", { onclick: detail.packages.state === "failed" ? again : act(() => reviewPage(id)) }, detail.packages.state === "failed" ? "Resolve the packages again" : "Look again") : approve))
    : el("p", { class: "card" }, badge(review.state), ` ${review.decided_by ? `by ${review.decided_by.name}, ${time(review.decided_at)}` : ""} ${review.comment}`);
  show(el("p", {}, el("a", { href: "/" }, "← All")), el("h1", { class: "mono" }, `${detail.name} v${version.number}`),
    el("p", {}, risk(review.risk), " ", badge(live ? `replaces v${live.number}` : "new tool")),
    el("p", { class: "card" }, detail.consequence), detail.identical_to && el("p", {}, badge(detail.identical_to.sentence, "ok")),
    detail.packages && packageTable(detail.packages),
    review.notes && [el("h2", {}, "What the author says"), lines(review.notes)],
    el("h2", {}, `Test runs (${detail.evidence.length})`),
    detail.evidence.length ? el("ul", { class: "card" }, detail.evidence.map(runRow)) : el("p", { class: "dim" }, "This version was never tested."),
    el("h2", {}, "Description, as LLMs read it"), lines(detail.description_marked),
    el("h2", {}, `Findings (${findings.length})`),
    el("ul", {}, findings.map((finding) => el("li", {}, badge(finding.severity ?? "finding", "warn"), ` line ${finding.line ?? "–"}: ${finding.message}`))),
    detail.code_marked && el("p", {}, badge("The code contains invisible or direction-changing characters; they are shown as <U+…>.", "bad")),
    live && [el("h2", {}, `Difference to v${live.number}`), detail.code_diff.hunks.length ? diffView(detail.code_diff) : el("p", { class: "dim" }, "The code is the same.")],
    el("h2", {}, "Code"), codeView(detail.code_marked ?? version.content.code, findings), bar);
}

function route() {
  const review = location.pathname.match(/^\/(?:approvals|reviews)\/([0-9a-f-]{36})$/);
  const page = { "/setup": setupPage, "/login": loginPage }[location.pathname] ?? (review ? () => reviewPage(review[1]) : homePage);
  attempt(page);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});
addEventListener("popstate", route);

route();

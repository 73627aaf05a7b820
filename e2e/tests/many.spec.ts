// Pages of a box that is used a lot: 50,000 runs, 1,000 reviews.
import { expect, GREETING, inspect, Llm, settled, signedIn, test } from "../support/test.js";

/** What a person waits without wondering, and how much longer a busy machine may take. */
const AT_ONCE_MS = 1_000;
const SLACK = 4;
const [RUNS, REVIEWS] = [50_000, 1_000];

/** Copies of the one run and the one review that are there: a run each 30 seconds back from now, every tenth failed. */
const COPIES = `
import datetime, json, sqlite3, sys, uuid
db = sqlite3.connect(sys.argv[1], timeout=30)
db.row_factory = sqlite3.Row
one = lambda table: dict(db.execute(f"SELECT * FROM {table} LIMIT 1").fetchone())
def insert(table, rows):
    names = list(rows[0])
    db.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", [list(row.values()) for row in rows])
now = datetime.datetime.now(datetime.timezone.utc)
run, failure = one("calls"), json.dumps({"kind": "timeout", "message": "it took longer than 30 s"})
insert("calls", [{**run, "id": uuid.uuid4().bytes, "profile": "live", "arguments": json.dumps({"number": number}), "duration_us": 1000 * (number % 400 + 1),
    "failure_kind": "timeout" if number % 10 == 0 else None, "failure": failure if number % 10 == 0 else None,
    "started_at": (now - datetime.timedelta(seconds=30 * number)).isoformat()} for number in range(${RUNS})])
tool, version, review = one("tools"), one("versions"), one("reviews")
ids = [(uuid.uuid4().bytes, uuid.uuid4().bytes, uuid.uuid4().bytes) for _ in range(${REVIEWS} - 1)]
insert("tools", [{**tool, "id": t, "name": f"tool_{number:04}"} for number, (t, _, _) in enumerate(ids)])
insert("versions", [{**version, "id": v, "tool_id": t} for t, v, _ in ids])
insert("reviews", [{**review, "id": r, "tool_id": t, "version_id": v, "risk": ["low", "critical", "medium"][number % 3]} for number, (t, v, r) in enumerate(ids)])
db.commit()
`;

test.use({ boxOf: "many" });

test.beforeAll(async ({ box }) => {
  const llm = await Llm.connect(box);
  await llm.seed({ server: "greetings", tool: "greet", code: GREETING, test: { name: "Ada" } });
  await box.stop();
  await box.python(COPIES);
  await box.restart();
});

test("fifty thousand runs are listed, scrolled, searched and summed up at once", async ({ page, box }) => {
  await signedIn(page, box, "/settings/about");
  const rows = page.getByRole("table", { name: "Runs" });
  const started = Date.now();
  await page.getByRole("navigation").getByRole("link", { name: "Activity" }).click();
  await expect(rows.getByRole("link").first()).toBeVisible();
  const took = Date.now() - started;
  console.log(`the list of ${RUNS} runs was there in ${took} ms`);
  expect(took).toBeLessThan(AT_ONCE_MS * SLACK);
  await page.getByLabel("Time", { exact: true }).selectOption("all");
  await expect(page.getByText(/^50,00\d runs/)).toBeVisible();

  await rows.getByRole("link").first().focus();
  for (let step = 0; step < 12; step += 1) {
    await page.mouse.wheel(0, 4_000);
    await expect(rows.locator("[aria-rowindex]").last()).not.toHaveAttribute("aria-busy", "true");
  }
  const shown = await rows.locator("[data-run]").count();
  expect(shown).toBeLessThan(80);
  const furthest = Number(await rows.locator("[aria-rowindex]").last().getAttribute("aria-rowindex"));
  expect(furthest, "older runs came as they were scrolled to").toBeGreaterThan(500);
  await inspect(page, "activity-scrolled");
  await page.getByLabel("Name, text, error or id").fill('"number": 49321}');
  await expect(page.getByText("1 run mentions it")).toBeVisible();
  await expect(rows.getByRole("link")).toHaveCount(1);
});

test("home sums up a month of many runs", async ({ page, box }) => {
  await signedIn(page, box, "/?range=30d");
  await expect(page.getByText("95 % within 380 ms", { exact: true })).toBeVisible();
  await expect(page.getByRole("slider", { name: "How long runs took" })).toBeVisible();
  await inspect(page, "home-many");
});

test("a thousand reviews come worst first, page by page", async ({ page, box }) => {
  await signedIn(page, box, "/settings/about");
  const started = Date.now();
  await page.getByRole("navigation").getByRole("link", { name: /Approvals/ }).click();
  await expect(page.getByText("Page 1 of 20, 1,000 in all")).toBeVisible();
  const took = Date.now() - started;
  console.log(`the list of ${REVIEWS} reviews was there in ${took} ms`);
  expect(took).toBeLessThan(AT_ONCE_MS * SLACK);
  await expect(page.getByRole("row").nth(1)).toContainText("Critical");
  await page.getByRole("button", { name: "Older" }).click();
  await settled(page);
  await expect(page.getByText("Page 2 of 20")).toBeVisible();
});

// Looks at pages in a headless Chromium, and prints what it found as JSON.
//
//     node look.cjs MODULES CHROMIUM JOB.json
//
// MODULES is the node_modules that has puppeteer-core and axe-core. A job is {"pages": [{"url", "width", "dark",
// "picture"?, "script"?}]}: a script is run in the page, and its result returned.
const fs = require("fs");
const path = require("path");

const [modules, chromium, jobFile] = process.argv.slice(2);
const puppeteer = require(path.join(modules, "puppeteer-core"));
const axe = fs.readFileSync(require.resolve(path.join(modules, "axe-core", "axe.min.js")), "utf8");

async function look(browser, job) {
  const page = await browser.newPage();
  const found = { url: job.url, errors: [], requests: [], serious: [], result: null };
  page.on("console", (message) => { if (message.type() === "error") found.errors.push(message.text()); });
  page.on("pageerror", (error) => found.errors.push(String(error)));
  page.on("dialog", async (dialog) => { found.errors.push(`dialog: ${dialog.message()}`); await dialog.dismiss(); });
  page.on("request", (request) => { if (!request.url().startsWith("data:")) found.requests.push(request.url()); });
  await page.setViewport({ width: job.width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: job.dark ? "dark" : "light" }]);
  await page.goto(job.url, { waitUntil: job.live ? "domcontentloaded" : "load" });
  for (const step of job.steps || []) {
    if (step.wait) await page.waitForFunction(step.wait, { timeout: step.timeout || 20000 });
    if (step.key) for (let times = step.times || 1; times > 0; times--) await page.keyboard.press(step.key);
  }
  if (job.script) found.result = await page.evaluate(job.script);
  found.overflow = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
  if (job.picture) await page.screenshot({ path: job.picture, fullPage: job.full !== false, captureBeyondViewport: true });
  if (job.axe !== false) {
    // the page's own policy lets no other script in: evaluated from outside, it is not asked
    await page.evaluate(axe);
    const report = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    found.serious = report.violations
      .filter((one) => ["serious", "critical"].includes(one.impact))
      .map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(" | ")}`);
    found.minor = report.violations.filter((one) => !["serious", "critical"].includes(one.impact)).map((one) => one.id);
  }
  await page.close();
  return found;
}

(async () => {
  const browser = await puppeteer.launch({
    executablePath: chromium,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
  });
  try {
    const results = [];
    for (const job of JSON.parse(fs.readFileSync(jobFile, "utf8")).pages) results.push(await look(browser, job));
    process.stdout.write(JSON.stringify(results));
  } finally {
    await browser.close();
  }
})().catch((error) => { console.error(error); process.exit(1); });

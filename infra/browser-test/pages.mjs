// The pages in Chromium. A line for each check that fails, and one of figures at the end.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const { chromium } = require(process.env.PLAYWRIGHT);
const axeSource = readFileSync(join(process.env.AXE, 'axe.min.js'), 'utf8');
const base = process.argv[2];
const token = 'local-operator';
const MOST_BYTES = 200_000;
const HOSTILE = `<script>document.title='owned'</script><img src=x onerror=alert(1)>\u202e"'&</bdi></td>`;

let passed = 0;
let failed = 0;
function check(what, holds, more = '') {
  if (holds) passed += 1;
  else {
    failed += 1;
    console.log(`FAILED ${what} ${more}`);
  }
}

async function api(path, body) {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(base + path, { headers, ...(body && { method: 'POST', body: JSON.stringify(body) }) });
  check(`the API answers ${path}`, answer.ok, `${answer.status}`);
  return answer.json();
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

/** A browser window that notes whatever goes wrong in it. */
async function open({ width = 1280, height = 900, deviceScaleFactor = 1, colorScheme = 'light', javaScriptEnabled = false } = {}) {
  const context = await browser.newContext({
    viewport: { width, height }, deviceScaleFactor, colorScheme, javaScriptEnabled, locale: 'en-GB', timezoneId: 'Asia/Tokyo',
    httpCredentials: { username: 'operator', password: token },
  });
  const page = await context.newPage();
  const trouble = [];
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) trouble.push(message.text()); });
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('requestfailed', (request) => trouble.push(`${request.url()} failed`));
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith('data:')) trouble.push(`asked ${request.url()}`);
  });
  return { context, page, trouble };
}

/** Loads a page and checks what holds of every page. */
async function visit(page, path, status = 200) {
  const answer = await page.goto(base + path);
  check(`${path} is answered ${status}`, answer.status() === status, `${answer.status()}`);
  const html = await answer.text();
  check(`${path} is under 200 KB`, html.length < MOST_BYTES, `${html.length}`);
  return html;
}

// What every page is made from: an event of the demonstration's, a hostile one, and an issue, for which live events
// have to fail: those of the demonstration are in test mode.
const failing = Array.from({ length: 120 }, (_, n) => ({
  event_id: `evt_1Live${1000 + n}`, event_type: n % 3 ? 'invoice.paid' : 'charge.failed', livemode: true,
  request_id: 'job', success: n % 5 !== 0, processing_time: 0.1 + (n % 17) / 20, entity_type: n % 3 ? 'invoice' : 'charge',
  entity_id: `${n % 3 ? 'in' : 'ch'}_1Live${1000 + n}`, account: `acct_${1 + (n % 3)}`,
  ...(n % 5 === 0 && { error_message: `no row for order ${7000 + n}`, error_details: { error_type: 'database_error' } }),
}));
await api('/v1/events/batch', { events: failing });
const changed = await fetch(`${base}/v1/thresholds`, {
  method: 'PATCH', headers: { authorization: `Bearer ${token}` },
  body: JSON.stringify({ error_rate_max: 0.04 }),
});
check('a threshold can be changed', changed.ok, `${changed.status}`);
const listed = await api('/v1/events?kind=delivery&limit=200&event_type=invoice.paid');
const event = listed.events.find((entry) => entry.entity_id) ?? listed.events[0];
let issues = [];
for (let tries = 0; tries < 90 && issues.length === 0; tries += 1) {
  await new Promise((done) => { setTimeout(done, 1000); });
  ({ issues } = await api('/v1/issues'));
}
check('failures become an issue', issues.length > 0);
const issue = `/issues/${encodeURIComponent(issues[0]?.fingerprint ?? 'none')}`;

// For the README, before anything odd is on the pages.
if (process.env.SCREENSHOTS) {
  mkdirSync(process.env.SCREENSHOTS, { recursive: true });
  for (const [name, path, options] of [
    ['overview', '/', { width: 1180, height: 1060, deviceScaleFactor: 0.8 }],
    ['event', `/events/${event.event_id}`, { height: 600, colorScheme: 'dark' }],
    ['phone', '/', { width: 390, height: 844 }],
  ]) {
    const { context, page: shown } = await open({ width: 1100, ...options });
    await shown.goto(base + path);
    await shown.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
    await context.close();
  }
}

const hostile = `evt_hostile_${Date.now()}`;
await api('/v1/events', {
  event_id: hostile, event_type: HOSTILE.slice(0, 60), request_id: 'r', success: false, processing_time: 0.2,
  error_message: HOSTILE + 'x'.repeat(9_000), entity_type: '"><b>', entity_id: "='cmd'!A1", account: '<i>',
  error_details: { error_type: '<u>odd</u>', error_code: '\u202eedoc' }, metadata: { '<b>': HOSTILE },
});
const pages = ['/', '/?range=1h', '/?range=7d', '/?range=30d', '/events', '/events?status=failed', `/events/${event.event_id}`,
  `/events/${hostile}`, issue, '/security', '/security?range=30d'];

// Every page, at three widths, dark and light, without JavaScript.
for (const width of [360, 768, 1280]) {
  for (const colorScheme of ['light', 'dark']) {
    const { context, page, trouble } = await open({ width, colorScheme });
    for (const path of pages) {
      await visit(page, path);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      check(`${path} fits ${width} px`, wide <= 0, `${wide} px too wide`);
      check(`${path} has one heading`, (await page.locator('h1').count()) === 1);
    }
    check(`nothing goes wrong at ${width} px, ${colorScheme}`, trouble.length === 0, trouble.join('; '));
    await context.close();
  }
}

// Contrast, names and roles, by axe. It is a script, so here scripts may run: ours still have none.
for (const colorScheme of ['light', 'dark']) {
  const { context, page } = await open({ colorScheme, javaScriptEnabled: true });
  for (const path of pages) {
    await page.goto(base + path);
    const scripts = await page.locator('script, [onclick], [onload], [onerror], [style]').count();
    check(`${path} has no script and no inline style`, scripts === 0, `${scripts}`);
    await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() =>
      window.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
        // A link on the page stops the refresh, which is what WCAG asks for (2.2.1).
        rules: { 'meta-refresh': { enabled: false } },
      }));
    const told = violations.map((v) => `${v.id}: ${v.nodes[0].html} ${v.nodes[0].any[0]?.message ?? ''}`);
    check(`${path} is accessible, ${colorScheme}`, violations.length === 0, told.join('\n  '));
  }
  check('a hostile title stays a text', (await page.title()) !== 'owned');
  await context.close();
}

const { page, trouble } = await open();

// Each filter, by the form.
const filters = {
  event_type: 'invoice.paid', entity_id: event.entity_id ?? 'x', account: 'acct_1', status: 'failed', kind: 'rejection',
  success: 'false', level: 'ERROR', category: 'error', livemode: 'false', entity_type: event.entity_type ?? 'x',
  source_ip: '203.0.113.9', request_id: event.request_id, correlation_id: 'none', limit: '3', time_range_hours: '720',
  from: '2026-01-01T00:00:00Z',
};
for (const [name, value] of Object.entries(filters)) {
  await visit(page, '/events');
  const details = page.locator('details', { hasText: 'More filters' });
  const field = page.locator(`form.filters [name=${name}]`);
  if (!(await field.isVisible())) await details.locator('summary').first().click();
  if ((await field.evaluate((element) => element.tagName)) === 'SELECT') await field.selectOption(value);
  else await field.fill(value);
  if (name === 'from') await page.locator('form.filters [name=time_range_hours]').selectOption('');
  await page.getByRole('button', { name: 'Show' }).click();
  check(`the filter ${name} is asked`, new URL(page.url()).searchParams.get(name) === value, page.url());
  check(`the filter ${name} is answered`, (await page.locator('[role=alert]').count()) === 0);
  check(`the filter ${name} stays in the form`, (await page.locator(`form.filters [name=${name}]`).inputValue()) === value);
  const rows = await page.locator('tbody tr').count();
  check(`the filter ${name} finds what there is`, name === 'correlation_id' ? rows === 0 : rows > 0, `${rows} rows`);
}
await visit(page, '/events?from=yesterday', 400);
check('a bad filter is told beside the form', (await page.locator('[role=alert]').textContent()).includes('from must be'));
trouble.splice(0);
await visit(page, '/events?limit=5');
const first = await page.locator('tbody tr').first().textContent();
await page.getByRole('link', { name: 'Older entries' }).click();
check('the next page goes on', (await page.locator('tbody tr').first().textContent()) !== first);

// Each action, by the form.
await visit(page, issue);
await page.getByRole('button', { name: 'Acknowledge' }).click();
check('an issue is acknowledged', (await page.locator('main').textContent()).includes('Taken on'));
check('and shown again', page.url() === base + issue, page.url());
await page.getByRole('combobox', { name: 'How long' }).selectOption('4');
await page.getByRole('button', { name: 'Snooze' }).click();
check('an issue is snoozed', (await page.locator('main').textContent()).includes('snoozed'));
await visit(page, '/');
await page.getByText('Mute something').click();
await page.locator('[name=kind]').selectOption('low_event_rate');
await page.locator('[name=reason]').fill('holiday <b>');
await page.getByRole('button', { name: 'Mute', exact: true }).click();
check('a mute is added', (await page.locator('#mutes').textContent()).includes('holiday <b>'));
await page.getByRole('button', { name: 'End it' }).first().click();
check('a mute is ended', (await page.locator('#mutes').textContent()).includes('Nothing is muted'));
check('changes are marked on the charts', (await page.locator('.c-mark').count()) > 0);

// The keyboard: the first thing it reaches leads to the content, and what has the focus shows it.
await visit(page, '/');
await page.keyboard.press('Tab');
check('the keyboard reaches the content first', (await page.evaluate(() => document.activeElement.textContent)) === 'Skip to content');

// Five questions, each within three clicks and two page loads.
async function question(what, most, steps) {
  const before = { clicks: 0, loads: 0 };
  const count = () => { before.loads += 1; };
  page.on('load', count);
  const click = async (target) => { before.clicks += 1; await target.click(); };
  await page.goto(`${base}/`);
  const answer = await steps(click);
  page.off('load', count);
  check(`${what} is answered`, Boolean(answer), `${answer}`);
  check(`${what} takes no more than three clicks and two pages`, before.clicks <= 3 && before.loads <= most, JSON.stringify(before));
  console.log(`  ${what}: ${before.clicks} clicks, ${before.loads} pages: ${String(answer).replace(/\s+/g, ' ').trim().slice(0, 110)}`);
}
const panel = (title) => page.locator('section.panel', { has: page.getByRole('heading', { name: title }) });
await question('What fails most, and since when?', 2, async () =>
  `${await panel('What fails most').locator('tbody tr').first().textContent()} since ${await page.locator('.issue dd time').first().getAttribute('datetime')}`);
await question('Is it one customer?', 2, async () =>
  page.locator('.issue dl', { hasText: 'Hits' }).first().locator('dt:text("Hits") + dd').textContent());
await question('Did this event arrive, and what became of it?', 2, async (click) => {
  await page.locator('.find input').fill(event.event_id);
  await click(page.getByRole('button', { name: 'Find' }));
  return (await page.locator('ol.time').textContent());
});
await question('What changed against yesterday?', 2, async () => page.locator('.card .head').first().textContent());
await question('Is someone forging?', 2, async (click) => {
  await click(page.getByRole('link', { name: 'Security', exact: true }));
  return page.locator('.state').textContent();
});
check('nothing goes wrong on the way', trouble.length === 0, trouble.join('; '));

// The report in a file of its own, without a network.
{
  const answer = await fetch(`${base}/v1/reports?format=html&time_range_hours=48`, { headers: { authorization: `Bearer ${token}` } });
  const html = await answer.text();
  check('the report is under 200 KB', answer.ok && html.length < MOST_BYTES, `${answer.status} ${html.length}`);
  const file = join(mkdtempSync(join(tmpdir(), 'report-')), 'report.html');
  writeFileSync(file, html);
  const { context, page: alone, trouble: here } = await open();
  await context.setOffline(true);
  await alone.goto(`file://${file}`);
  check('the report opens from a disk', (await alone.locator('.card svg').count()) >= 5);
  const asked = here.filter((text) => !text.startsWith('asked file:'));
  check('the report asks for nothing', asked.length === 0, asked.join('; '));
  check('the report prints', (await alone.pdf()).length > 10_000);
  await context.close();
}

// Last: it ends the issue.
await page.goto(base + issue);
await page.getByRole('button', { name: 'Resolve' }).click();
check('an issue is resolved', (await page.locator('main').textContent()).includes('said by local'));

await browser.close();
console.log(`pages in a browser: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

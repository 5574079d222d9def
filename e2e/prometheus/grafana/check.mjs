// node check.mjs DIR: holds every dashboard (*.json) of a directory to Rendered of types.ts, with the TypeScript compiler.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { defaultDashboard } from '@grafana/schema';

const here = dirname(fileURLToPath(import.meta.url));

// Mistakes that the compiler must find, so that a dashboard without any says something.
const mistakes = {
  'an enum': (d) => { d.panels.find((p) => p.type === 'timeseries').options.tooltip.mode = 'mutli'; },
  'a field': (d) => { d.refreshed = '1m'; },
  'a field of a panel': (d) => { d.panels[1].gridpos = {}; },
  'a field of a graph': (d) => { d.panels.find((p) => p.type === 'timeseries').fieldConfig.defaults.custom.fillOpactiy = 1; },
  'an option': (d) => { d.panels.find((p) => p.type === 'stat').options.graphmode = 'none'; },
  'a panel': (d) => { d.panels.find((p) => p.type === 'stat').type = 'graph'; },
  'a threshold': (d) => { d.panels.find((p) => p.type === 'stat').fieldConfig.defaults.thresholds.steps[0].value = 'none'; },
  'a query': (d) => { delete d.panels.find((p) => p.type === 'stat').targets[0].expr; },
};

// problems returns what the compiler says of each of some dashboards, by their names.
function problems(dashboards) {
  const file = (name) => join(here, `rendered/${name}.ts`);
  const sources = new Map([...dashboards].map(([name, d]) =>
    [file(name), `import type { Rendered } from '../types';\nexport const dashboard: Rendered = ${JSON.stringify(d, null, 1)};\n`]));
  const options = {
    strict: true, noEmit: true, types: [], skipLibCheck: true,
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.getSourceFile = (name, ...rest) => (sources.has(name) ? ts.createSourceFile(name, sources.get(name), rest[0]) : getSourceFile(name, ...rest));
  const program = ts.createProgram([...sources.keys()], options, host);
  const found = new Map([...dashboards].map(([name]) => [name, []]));
  for (const d of ts.getPreEmitDiagnostics(program)) {
    const text = ts.flattenDiagnosticMessageText(d.messageText, '\n  ');
    const name = [...found.keys()].find((n) => d.file?.fileName === file(n));
    if (name === undefined) {
      throw new Error(`the types themselves: ${d.file?.fileName}: ${text}`);
    }
    const { line } = ts.getLineAndCharacterOfPosition(d.file, d.start);
    found.get(name).push(`${d.file.text.split('\n')[line].trim()}: ${text}`);
  }
  return found;
}

const dir = process.argv[2];
const read = (name) => JSON.parse(readFileSync(join(dir, name), 'utf8'));
const names = readdirSync(dir).filter((n) => n.endsWith('.json')).sort();
if (names.length === 0) {
  console.error(`${dir} has no dashboards`);
  process.exit(1);
}
let bad = 0;
for (const [name, said] of problems(new Map(names.map((n) => [n, read(n)])))) {
  const { schemaVersion } = read(name);
  if (schemaVersion !== defaultDashboard.schemaVersion) {
    said.push(`schemaVersion ${schemaVersion} is not Grafana's, ${defaultDashboard.schemaVersion}`);
  }
  for (const what of said) {
    console.error(`${name}: ${what}`);
    bad++;
  }
}
const whole = names.find((n) => ['stat', 'timeseries'].every((type) => read(n).panels.some((p) => p.type === type)));
const spoiled = new Map(Object.entries(mistakes).map(([what, make]) => {
  const d = read(whole);
  make(d);
  return [what, d];
}));
for (const [what, said] of problems(spoiled)) {
  if (said.length === 0) {
    console.error(`a mistake in ${what} is not found`);
    bad++;
  }
}
console.log(`${names.length} dashboards, ${Object.keys(mistakes).length} mistakes: ${bad} problems`);
process.exit(bad ? 1 : 0);

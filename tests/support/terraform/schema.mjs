// Rebuilds the schema of a Terraform provider for the named types from the provider's typed bindings on npm.
// Usage: node schema.mjs BINDINGS_LIB OUT.json aws_ecs_cluster data.aws_ami …
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const [, , lib, out, ...types] = process.argv;

/** Attribute types, by the code that the binding uses to read the attribute. */
const READERS = [
  [/new cdktn\.StringMap\(/, ['map', 'string']],
  [/new cdktn\.NumberMap\(/, ['map', 'number']],
  [/new cdktn\.BooleanMap\(/, ['map', 'bool']],
  [/getStringAttribute\(/, 'string'],
  [/getNumberAttribute\(/, 'number'],
  [/getBooleanAttribute\(/, 'bool'],
  [/Fn\.tolist\(this\.getListAttribute\(/, ['set', 'string']],
  [/Fn\.tolist\(this\.getNumberListAttribute\(|asNumberList\(.*Fn\.tolist/, ['set', 'number']],
  [/getNumberListAttribute\(/, ['list', 'number']],
  [/getListAttribute\(/, ['list', 'string']],
  [/getStringMapAttribute\(/, ['map', 'string']],
  [/getNumberMapAttribute\(/, ['map', 'number']],
  [/getBooleanMapAttribute\(/, ['map', 'bool']],
  [/interpolationForAttribute\(|getAnyMapAttribute\(/, 'dynamic'],
];
const STORAGE_CLASSES = {
  string: 'string',
  number: 'number',
  boolean: 'bool',
  stringList: ['list', 'string'],
  stringMap: ['map', 'string'],
};

/** Returns the classes of one resource's binding, and for each attribute the type that it writes to HCL. */
function readBinding(dir) {
  const classes = {};
  const hcl = {};
  let main;
  for (const file of readdirSync(dir).filter((name) => name.endsWith('.js'))) {
    const source = readFileSync(join(dir, file), 'utf8');
    for (const [, name, base, body] of source.matchAll(/\nclass (\w+) extends cdktn\.(\w+) \{\n([\s\S]*?)\n\}\n/g)) {
      classes[name] = { base, body };
      if (/TerraformResource|TerraformDataSource|TerraformProvider/.test(base)) main = name;
    }
    const writers = /\nfunction (\w+)ToHclTerraform\(struct\) \{([\s\S]*?)\n\}\n/g;
    for (const [, name, body] of source.matchAll(writers)) hcl[name.toLowerCase()] = readHcl(body);
  }
  return { classes, hcl, main };
}

function readHcl(text) {
  const attribute =
    /\n\s+"?(\w+)"?: \{\n\s+value: ([\s\S]*?),\n\s+isBlock: (true|false),\n\s+type: "(\w+)",\n\s+storageClassType: "(\w+)",/g;
  const found = [...text.matchAll(attribute)];
  return Object.fromEntries(
    found.map(([, name, , isBlock, type, storage]) => [name, { isBlock: isBlock === 'true', type, storage }]),
  );
}

function hclOf(binding, name) {
  const { base, body } = binding.classes[name];
  if (/Terraform(Resource|DataSource|Provider)/.test(base))
    return readHcl(body.split('synthesizeHclAttributes')[1] ?? '');
  return binding.hcl[name.replace(/OutputReference$/, '').toLowerCase()] ?? {};
}

function readBlock(binding, className) {
  const attributes = {};
  const block_types = {};
  const written = hclOf(binding, className);
  const getters =
    /\/\/ (\w+) - computed: (\w+), optional: (\w+), required: (\w+)\n([\s\S]*?)(?=\n {4}\/\/ \w+ - computed:|\n {4}\/\/ =====|$)/g;
  for (const [, name, ...rest] of binding.classes[className].body.matchAll(getters)) {
    const [computed, optional, required] = rest.slice(0, 3).map((word) => word === 'true');
    const code = rest[3];
    const flags = { computed: computed || (!optional && !required), optional, required };
    const inner = /= new (\w+)\(this, "(\w+)"(?:, (true|false))?/.exec(code);
    const hcl = written[name];
    if (!inner) {
      attributes[name] = { type: typeOf(code, hcl), ...flags };
      continue;
    }
    const nested = readNested(binding, inner, hcl);
    if (nested === undefined) attributes[name] = { type: 'dynamic', ...flags };
    else if (hcl?.isBlock)
      block_types[name] = { ...nested, min_items: required && nested.nesting !== 'single' ? 1 : 0 };
    else attributes[name] = { type: wrapped(nested), ...flags };
  }
  return { attributes, block_types };
}

/** Returns a nested block, or undefined if the binding has no class for its elements. */
function readNested(binding, [, className, , isSet], hcl) {
  const isList = className.endsWith('List');
  const isMap = className.endsWith('Map');
  const element = className.endsWith('OutputReference')
    ? className
    : `${className.replace(/(List|Map)$/, '')}OutputReference`;
  if (!binding.classes[element]) return undefined;
  const one = hcl && hcl.type !== 'struct' ? hcl.type : 'single';
  const nesting = isMap ? 'map' : !isList ? one : isSet === 'true' ? 'set' : (hcl?.type ?? 'list');
  return { nesting, max_items: !isList && nesting !== 'single' ? 1 : 0, block: readBlock(binding, element) };
}

function typeOf(code, hcl) {
  const read = READERS.find(([reader]) => reader.test(code))?.[1];
  const type = read ?? STORAGE_CLASSES[hcl?.storage] ?? 'dynamic';
  return hcl?.type === 'set' && Array.isArray(type) ? ['set', type[1]] : type;
}

function wrapped({ nesting, block }) {
  return nesting === 'single' ? objectType(block) : [nesting, objectType(block)];
}

function objectType({ attributes, block_types }) {
  const fields = Object.entries(attributes).map(([name, { type }]) => [name, type]);
  const blocks = Object.entries(block_types).map(([name, nested]) => [name, wrapped(nested)]);
  return ['object', Object.fromEntries([...fields, ...blocks])];
}

/** Returns the schema of the provider block. All its arguments are optional. */
function readProvider() {
  const binding = readBinding(join(lib, 'provider'));
  const attributes = {};
  const block_types = {};
  const optional = ({ storage }) => ({ type: STORAGE_CLASSES[storage] ?? 'dynamic', optional: true });
  for (const [name, hcl] of Object.entries(hclOf(binding, binding.main))) {
    if (!hcl.isBlock) attributes[name] = optional(hcl);
    else {
      const inner = binding.hcl[hcl.storage.replace(/List$/, '').toLowerCase()] ?? {};
      const fields = Object.entries(inner).map(([field, of]) => [field, optional(of)]);
      const block = { attributes: Object.fromEntries(fields), block_types: {} };
      block_types[name] = { nesting: 'list', max_items: 0, min_items: 0, block };
    }
  }
  return { attributes, block_types };
}

const schema = { provider: readProvider(), resources: {}, data: {} };
for (const type of types) {
  const isData = type.startsWith('data.');
  const name = type.replace(/^data\./, '');
  const folder = join(lib, (isData ? `data-${name}` : name.replace(/^aws_/, '')).replaceAll('_', '-'));
  if (!existsSync(folder)) {
    console.error(`unknown type ${type}: the bindings have no folder ${basename(folder)}`);
    process.exitCode = 1;
    continue;
  }
  const binding = readBinding(folder);
  const block = readBlock(binding, binding.main);
  block.attributes.id ??= { type: 'string', computed: true, optional: false, required: false };
  (isData ? schema.data : schema.resources)[name] = block;
}
writeFileSync(out, JSON.stringify(schema));

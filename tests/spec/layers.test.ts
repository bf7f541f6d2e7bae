import { embeddedLayer, environmentLayer, fileLayer, flagLayer, joinLayers } from '../../spec/layers';

test('R5.1: a flag beats the environment, which beats the file, which beats the default', () => {
  const layers = [
    flagLayer({ rate: '3' }),
    environmentLayer({ BENCHMARK_TARGET_RATE: '2', BENCHMARK_DURATION: '2m' }),
    fileLayer('f.yaml', { rate: 1, duration: '1m', lanes: 9 }),
    embeddedLayer(),
  ];
  const { input, sources } = joinLayers(layers);
  expect(input).toEqual({ rate: 3, duration: '2m', lanes: 9 });
  expect(sources).toEqual({ rate: '--rate', duration: 'BENCHMARK_DURATION', lanes: 'f.yaml' });
});

test('an embedded target has its own defaults', () => {
  expect(joinLayers([embeddedLayer()]).input).toEqual({ rate: 30, duration: '30s', lanes: 1 });
});

test.each([
  ['stages', [10, 20], 'rate', 5],
  ['stages', [10, 20], 'duration', '1m'],
  ['hold', '20s', 'duration', '1m'],
  ['rate', 5, 'stages', [10, 20]],
  ['duration', '1m', 'stages', [10, 20]],
])('if a stronger layer sets %s to %j, a weaker layer cannot set %s', (field, value, other, otherValue) => {
  const layers = [fileLayer('strong', { [field]: value }), fileLayer('weak', { [other]: otherValue, lanes: 2 })];
  expect(joinLayers(layers).input).toEqual({ [field]: value, lanes: 2 });
});

test('the texts of flags become values; text that does not fit stays as it is', () => {
  const flags = { rate: '2.5', lanes: 'two', stages: '1, 2', warmUp: true, mix: 'a=1', unknown: 'x' };
  expect(flagLayer(flags).values).toEqual({ rate: 2.5, lanes: 'two', stages: [1, 2], warmUp: true, mix: 'a=1' });
});

import { LaneAccount } from '../../../activities/generate-load/lane-account';
import { idleAudit } from '../../../measurement/account/generator-audit';
import { laneInput } from '../../support/lane';

test('successors keep the interruptions of the lane, the latest five', () => {
  let account = new LaneAccount(laneInput());
  expect(account.result(idleAudit, undefined).interruptions).toBeUndefined();
  for (let i = 1; i <= 7; i += 1) {
    const checkpoint = JSON.parse(JSON.stringify(account.checkpoint('sending'))) as ReturnType<
      LaneAccount['checkpoint']
    >;
    account = new LaneAccount(laneInput());
    account.resume(checkpoint, i, { fromMs: i * 100, untilMs: i * 100 + 50 });
  }
  const { interruptions } = account.result(idleAudit, undefined);
  expect(interruptions!.map(({ fromMs }) => fromMs)).toEqual([300, 400, 500, 600, 700]);
});

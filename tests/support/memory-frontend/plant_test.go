package main

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func constantly(mean float64) func(float64) float64 { return func(float64) float64 { return mean } }

var steady = speed{noiseEvery: 1}

func near(t *testing.T, what string, got, want, share float64) {
	t.Helper()
	if math.Abs(got-want) > share*want {
		t.Errorf("%s: got %g, want %g ± %g %%", what, got, want, share*100)
	}
}

func TestStationServesAtItsRate(t *testing.T) {
	for _, servers := range []int{1, 3} {
		s := newStation(servers, capacityMean(servers, []rateChange{{0, 200}}), distribution{kind: "exponential"}, steady, stalls{}, 1)
		last := 0.0
		for range 20000 {
			last = max(last, s.leave(0))
		}
		near(t, "20,000 jobs at 200/s take", last, 100, 0.03)
	}
}

func TestStationWaitsAsMM1Predicts(t *testing.T) {
	s := newStation(1, constantly(1.0/200), distribution{kind: "exponential"}, steady, stalls{}, 7)
	random := rand.New(rand.NewPCG(1, 2))
	now, sum := 0.0, 0.0
	const jobs = 400000
	for range jobs {
		now += random.ExpFloat64() / 150
		sum += s.leave(now) - now
	}
	// E[T] = 1 / (μ − λ).
	near(t, "mean time in the station", sum/jobs, 1.0/50, 0.1)
}

func TestStationFollowsItsSchedule(t *testing.T) {
	s := newStation(1, capacityMean(1, []rateChange{{0, 100}, {10, 50}}), distribution{kind: "constant"}, steady, stalls{}, 1)
	counts := map[int]int{}
	for range 1500 {
		counts[int(s.leave(0)/10.001)]++
	}
	near(t, "served in the first 10 s", float64(counts[0]), 1000, 0.01)
	near(t, "served in the next 10 s", float64(counts[1]), 500, 0.01)
}

func TestStationWithoutBoundDelaysEachJobAlone(t *testing.T) {
	s := newStation(0, constantly(0.5), distribution{kind: "constant"}, steady, stalls{}, 1)
	for range 3 {
		if leave := s.leave(1); leave != 1.5 {
			t.Errorf("got %g, want 1.5", leave)
		}
	}
}

func TestStallsStopWork(t *testing.T) {
	s := stalls{every: 10, length: 2}
	for _, one := range []struct{ at, work, want float64 }{
		{0, 5, 5}, {9, 1, 10}, {9, 2, 13}, {11, 1, 13}, {9, 12, 25}, {12, 8, 20},
	} {
		if got := s.finish(one.at, one.work); math.Abs(got-one.want) > 1e-9 {
			t.Errorf("work of %g from %g ends at %g, want %g", one.work, one.at, got, one.want)
		}
	}
}

func TestWarmUpAndDistributions(t *testing.T) {
	slow := speed{warmUp: 10, warmUpFrom: 0.2, noiseEvery: 1}
	for at, want := range map[float64]float64{0: 0.2, 5: 0.6, 10: 1, 99: 1} {
		if got := slow.at(at); math.Abs(got-want) > 1e-9 {
			t.Errorf("speed at %g s: got %g, want %g", at, got, want)
		}
	}
	random := rand.New(rand.NewPCG(3, 4))
	for _, d := range []distribution{{kind: "constant"}, {kind: "exponential"}, {kind: "lognormal", sigma: 0.5}} {
		sum := 0.0
		for range 100000 {
			sum += d.draw(random)
		}
		near(t, "mean of "+d.kind, sum/100000, 1, 0.03)
	}
}

func TestBucketAndMeter(t *testing.T) {
	now := time.Unix(100, 0)
	b := newBucket(10, 5)
	taken := 0
	for range 8 {
		if b.take(now) {
			taken++
		}
	}
	if taken != 5 || !b.take(now.Add(100*time.Millisecond)) || b.take(now.Add(100*time.Millisecond)) {
		t.Errorf("a bucket of 5 gave %d, or does not refill at 10/s", taken)
	}
	m := &meter{}
	for range 7 {
		m.add(now)
	}
	if got := m.add(now.Add(500 * time.Millisecond)); got != 8 {
		t.Errorf("within a second: got %d, want 8", got)
	}
	if got := m.add(now.Add(1400 * time.Millisecond)); got != 2 {
		t.Errorf("after the second: got %d, want 2", got)
	}
}

func TestSettingsAreRefused(t *testing.T) {
	for _, args := range [][]string{
		{"-limit", "StartWorkflowExecution"}, {"-limit", "A=10,cause=NONE_SUCH"}, {"-cliff", "A=10"}, {"-service", "A=fast"},
		{"-capacity-schedule", "0s"}, {"-capacity-dist", "even", "-capacity", "1"}, {"-service", "A=1ms,server=2"},
		{"-stall-every", "1s", "-stall-for", "1s"}, {"-late", "never"},
	} {
		s, err := parseFlags(args)
		if err == nil {
			_, err = newPlant(s)
		}
		if err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

package main

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// clock counts from the first start of a workflow (or the first one after a reset), so that what is planted at a time
// happens that long after the load began.
type clock struct {
	mu    sync.Mutex
	zero  time.Time
	begun bool
}

func (c *clock) begin() {
	c.mu.Lock()
	if !c.begun {
		c.zero, c.begun = time.Now(), true
	}
	c.mu.Unlock()
}

func (c *clock) reset() {
	c.mu.Lock()
	c.begun = false
	c.mu.Unlock()
}

// now returns seconds since zero, and 0 before it.
func (c *clock) now() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.begun {
		return 0
	}
	return time.Since(c.zero).Seconds()
}

// stalls are times in which no server works: from k·every to k·every + length, for k = 1, 2, …; seconds.
type stalls struct{ every, length float64 }

// remaining returns how long the stall lasts in which t lies, and 0 outside of stalls.
func (s stalls) remaining(t float64) float64 {
	if s.every <= 0 || t < s.every {
		return 0
	}
	return max(0, s.length-math.Mod(t, s.every))
}

// finish returns when work of the given length ends that starts at t.
func (s stalls) finish(t, work float64) float64 {
	if s.every <= 0 {
		return t + work
	}
	for {
		t += s.remaining(t)
		next := (math.Floor(t/s.every) + 1) * s.every
		if t+work <= next {
			return t + work
		}
		work -= next - t
		t = next
	}
}

// speed is the factor by which servers are faster or slower than planned: the warm-up ramp times the noise.
type speed struct {
	warmUp, warmUpFrom float64
	noise, noiseEvery  float64
	seed               uint64
}

func (s speed) at(t float64) float64 {
	factor := 1.0
	if t < s.warmUp {
		factor = s.warmUpFrom + (1-s.warmUpFrom)*t/s.warmUp
	}
	if s.noise > 0 {
		// Noise depends on the seed and the interval alone, so that two runs of one seed meet the same.
		random := rand.New(rand.NewPCG(s.seed, uint64(t/s.noiseEvery)))
		factor *= math.Exp(s.noise*random.NormFloat64() - s.noise*s.noise/2)
	}
	return factor
}

// rateChange is a capacity from a time on.
type rateChange struct{ at, rate float64 }

// distribution of service times, each with mean 1.
type distribution struct {
	kind  string
	sigma float64
}

func (d distribution) draw(random *rand.Rand) float64 {
	switch d.kind {
	case "exponential":
		return random.ExpFloat64()
	case "lognormal":
		return math.Exp(d.sigma*random.NormFloat64() - d.sigma*d.sigma/2)
	}
	return 1
}

// station is a queue with c servers (M/G/c when arrivals are Poisson). Work is assigned to the server that is free
// first, in virtual time: when a job leaves is known when it arrives, so timers that fire late never add up.
type station struct {
	mu       sync.Mutex
	servers  []float64
	unbound  bool
	meanAt   func(t float64) float64
	dist     distribution
	speed    speed
	stalls   stalls
	random   *rand.Rand
	accepted int64
}

// newStation returns a station with the given number of servers; 0 stands for one server per job.
func newStation(servers int, meanAt func(t float64) float64, dist distribution, speed speed, stalls stalls, seed uint64) *station {
	return &station{
		servers: make([]float64, max(1, servers)),
		unbound: servers == 0,
		meanAt:  meanAt,
		dist:    dist,
		speed:   speed,
		stalls:  stalls,
		random:  rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)),
	}
}

// leave takes a job in at time t and returns when it has been served.
func (s *station) leave(t float64) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted++
	free := 0
	for i := range s.servers {
		if s.servers[i] < s.servers[free] {
			free = i
		}
	}
	start := t
	if !s.unbound {
		start = max(t, s.servers[free])
	}
	start += s.stalls.remaining(start)
	work := s.meanAt(start) * s.dist.draw(s.random) / s.speed.at(start)
	end := s.stalls.finish(start, work)
	if !s.unbound {
		s.servers[free] = end
	}
	return end
}

func (s *station) reset() {
	s.mu.Lock()
	clear(s.servers)
	s.mu.Unlock()
}

// capacityMean returns the mean service time of one of c servers that together have the scheduled rate.
func capacityMean(servers int, changes []rateChange) func(t float64) float64 {
	return func(t float64) float64 {
		rate := changes[0].rate
		for _, change := range changes {
			if change.at <= t {
				rate = change.rate
			}
		}
		return float64(max(1, servers)) / rate
	}
}

// bucket is a token bucket: rate per second, and so many at once.
type bucket struct {
	mu          sync.Mutex
	rate, burst float64
	tokens      float64
	last        time.Time
}

func newBucket(rate, burst float64) *bucket {
	return &bucket{rate: rate, burst: burst, tokens: burst}
}

func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.last.IsZero() {
		b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.last).Seconds())
	}
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// meter counts calls in the last second, in 20 slots.
type meter struct {
	mu    sync.Mutex
	slots [20]int64
	stamp [20]int64
}

func (m *meter) add(now time.Time) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	tick := now.UnixNano() / int64(50*time.Millisecond)
	slot := tick % int64(len(m.slots))
	if m.stamp[slot] != tick {
		m.stamp[slot], m.slots[slot] = tick, 0
	}
	m.slots[slot]++
	var sum int64
	for i, stamp := range m.stamp {
		if stamp > tick-int64(len(m.slots)) {
			sum += m.slots[i]
		}
	}
	return sum
}

package main

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
)

// settings are the flags.
type settings struct {
	listen, http     string
	namespaces       string
	seed             uint64
	capacity         float64
	capacitySchedule string
	capacityServers  int
	capacityDist     string
	capacitySigma    float64
	capacityAt       string
	services         repeated
	limits           repeated
	cliffs           repeated
	noise            float64
	noiseEvery       time.Duration
	stallEvery       time.Duration
	stallFor         time.Duration
	warmUp           time.Duration
	warmUpFrom       float64
	late             string
	keepHistories    int
	keepBytes        int64
	reuseInterval    time.Duration
	taskTimeout      time.Duration
	procs            int
}

type repeated []string

func (r *repeated) String() string { return strings.Join(*r, " ") }

func (r *repeated) Set(value string) error {
	*r = append(*r, value)
	return nil
}

func parseFlags(args []string) (*settings, error) {
	s := &settings{}
	f := flag.NewFlagSet("memory-frontend", flag.ContinueOnError)
	f.StringVar(&s.listen, "listen", "127.0.0.1:0", "address to serve gRPC on")
	f.StringVar(&s.http, "http", "", "address to serve GET /calls and POST /reset on; empty: none")
	f.StringVar(&s.namespaces, "namespaces", "default", "namespaces that exist from the beginning, comma-separated")
	f.Uint64Var(&s.seed, "seed", 1, "seed of everything random that is planted")
	f.Float64Var(&s.capacity, "capacity", 0, "workflows per second that the server can execute; 0: unlimited")
	f.StringVar(&s.capacitySchedule, "capacity-schedule", "", "capacities over time, for example 0s=200,60s=100; replaces -capacity")
	f.IntVar(&s.capacityServers, "capacity-servers", 1, "number of servers that share the capacity (the c of M/G/c)")
	f.StringVar(&s.capacityDist, "capacity-dist", "exponential", "distribution of their service times: exponential, constant or lognormal")
	f.Float64Var(&s.capacitySigma, "capacity-sigma", 1, "sigma of lognormal service times of the capacity")
	f.StringVar(&s.capacityAt, "capacity-at", "task", "where workflows queue for the capacity: task (after the start is acknowledged) or start (before)")
	f.Var(&s.services, "service", "service time of an operation, repeatable: OPERATION=MEAN[,servers=N][,dist=exponential|constant|lognormal][,sigma=S]; servers=0: one per call; OPERATION * : every call but polls")
	f.Var(&s.limits, "limit", "rate limit, repeatable: OPERATION[+OPERATION]=PER_SECOND[,burst=N][,cause=RPS_LIMIT][,scope=namespace|system]; above it RESOURCE_EXHAUSTED")
	f.Var(&s.cliffs, "cliff", "load beyond which operations fail with UNAVAILABLE, repeatable: OPERATION[+OPERATION]=rate:PER_SECOND or =open:WORKFLOWS")
	f.Float64Var(&s.noise, "noise", 0, "sigma of the lognormal noise on the speed of all planted servers")
	f.DurationVar(&s.noiseEvery, "noise-every", time.Second, "how long one value of the noise lasts")
	f.DurationVar(&s.stallEvery, "stall-every", 0, "time from the beginning of one stall to the next; 0: none")
	f.DurationVar(&s.stallFor, "stall-for", 500*time.Millisecond, "length of a stall; it holds calls and planted servers, not polls that already wait")
	f.DurationVar(&s.warmUp, "warm-up", 0, "time in which planted servers become as fast as planned")
	f.Float64Var(&s.warmUpFrom, "warm-up-from", 0.1, "their speed at its beginning, as a share")
	f.StringVar(&s.late, "late", "commit", "what becomes of a call whose deadline passes while it waits for a planted server: commit (it takes effect later) or drop")
	f.IntVar(&s.keepHistories, "keep-histories", 10000, "closed workflows whose histories are kept")
	f.Int64Var(&s.keepBytes, "keep-bytes", 128<<20, "bytes of closed workflows' histories that are kept")
	f.DurationVar(&s.reuseInterval, "reuse-interval", time.Second, "least time between two executions of a chain (history.workflowIdReuseMinimalInterval)")
	f.DurationVar(&s.taskTimeout, "task-timeout", 10*time.Second, "workflow task timeout where the start gives none")
	f.IntVar(&s.procs, "procs", 1, "cores that it uses; one core serves about 10,000 simple workflows per second with the least CPU per workflow")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return s, nil
}

// plant is all planted behavior.
type plant struct {
	clock        clock
	stalls       stalls
	capacity     *station
	capacityAt   string
	services     map[string]*station
	everyService *station
	limits       map[string][]*limit
	cliffs       map[string][]*cliff
	dropLate     bool
	active       bool
}

type limit struct {
	bucket    *bucket
	perSecond float64
	cause     enumspb.ResourceExhaustedCause
	scope     enumspb.ResourceExhaustedScope
}

type cliff struct {
	meter     meter
	perSecond int64
	open      int64
}

func newPlant(s *settings) (*plant, error) {
	p := &plant{services: map[string]*station{}, limits: map[string][]*limit{}, cliffs: map[string][]*cliff{}, capacityAt: s.capacityAt}
	p.stalls = stalls{s.stallEvery.Seconds(), s.stallFor.Seconds()}
	if s.stallEvery > 0 && s.stallFor >= s.stallEvery {
		return nil, fmt.Errorf("-stall-for %v: it must be shorter than -stall-every %v", s.stallFor, s.stallEvery)
	}
	if s.capacityAt != "task" && s.capacityAt != "start" {
		return nil, fmt.Errorf("-capacity-at %q: expected task or start", s.capacityAt)
	}
	if s.late != "commit" && s.late != "drop" {
		return nil, fmt.Errorf("-late %q: expected commit or drop", s.late)
	}
	p.dropLate = s.late == "drop"
	fast := speed{s.warmUp.Seconds(), s.warmUpFrom, s.noise, s.noiseEvery.Seconds(), s.seed}
	changes, err := parseSchedule(s)
	if err != nil {
		return nil, err
	}
	if changes != nil {
		dist, err := parseDistribution(s.capacityDist, s.capacitySigma)
		if err != nil {
			return nil, err
		}
		p.capacity = newStation(s.capacityServers, capacityMean(s.capacityServers, changes), dist, fast, p.stalls, s.seed)
	}
	for i, text := range s.services {
		if err := p.addService(text, fast, s.seed+uint64(i)+1); err != nil {
			return nil, err
		}
	}
	for _, text := range s.limits {
		if err := p.addLimit(text); err != nil {
			return nil, err
		}
	}
	for _, text := range s.cliffs {
		if err := p.addCliff(text); err != nil {
			return nil, err
		}
	}
	p.active = len(p.services)+len(p.limits)+len(p.cliffs) > 0 || p.everyService != nil || s.stallEvery > 0
	return p, nil
}

func (p *plant) reset() {
	p.clock.reset()
	for _, s := range p.services {
		s.reset()
	}
	if p.everyService != nil {
		p.everyService.reset()
	}
	if p.capacity != nil {
		p.capacity.reset()
	}
}

func parseSchedule(s *settings) ([]rateChange, error) {
	if s.capacitySchedule == "" {
		if s.capacity <= 0 {
			return nil, nil
		}
		return []rateChange{{0, s.capacity}}, nil
	}
	var changes []rateChange
	for _, part := range strings.Split(s.capacitySchedule, ",") {
		at, rate, _ := strings.Cut(part, "=")
		after, err := time.ParseDuration(at)
		perSecond, err2 := strconv.ParseFloat(rate, 64)
		if err != nil || err2 != nil || perSecond <= 0 {
			return nil, fmt.Errorf("-capacity-schedule: %q: expected TIME=WORKFLOWS_PER_SECOND", part)
		}
		changes = append(changes, rateChange{after.Seconds(), perSecond})
	}
	return changes, nil
}

func parseDistribution(kind string, sigma float64) (distribution, error) {
	if kind != "exponential" && kind != "constant" && kind != "lognormal" {
		return distribution{}, fmt.Errorf("distribution %q: expected exponential, constant or lognormal", kind)
	}
	return distribution{kind, sigma}, nil
}

// parseOptions splits "OPERATION[+OPERATION]=VALUE,key=value,…".
func parseOptions(flag, text string, known ...string) (operations []string, value string, options map[string]string, err error) {
	names, rest, found := strings.Cut(text, "=")
	parts := strings.Split(rest, ",")
	if !found || names == "" || parts[0] == "" {
		return nil, "", nil, fmt.Errorf("-%s %q: expected OPERATION=VALUE", flag, text)
	}
	options = map[string]string{}
	for _, part := range parts[1:] {
		key, option, _ := strings.Cut(part, "=")
		ok := false
		for _, name := range known {
			ok = ok || name == key
		}
		if !ok {
			return nil, "", nil, fmt.Errorf("-%s %q: unknown option %q; expected one of %s", flag, text, key, strings.Join(known, ", "))
		}
		options[key] = option
	}
	return strings.Split(names, "+"), parts[0], options, nil
}

func number(options map[string]string, key string, otherwise float64) (float64, error) {
	if options[key] == "" {
		return otherwise, nil
	}
	return strconv.ParseFloat(options[key], 64)
}

func (p *plant) addService(text string, fast speed, seed uint64) error {
	operations, value, options, err := parseOptions("service", text, "servers", "dist", "sigma")
	if err != nil {
		return err
	}
	mean, err := time.ParseDuration(value)
	if err != nil {
		return fmt.Errorf("-service %q: %w", text, err)
	}
	servers, err := number(options, "servers", 0)
	if err != nil {
		return fmt.Errorf("-service %q: servers: %w", text, err)
	}
	sigma, err := number(options, "sigma", 1)
	if err != nil {
		return fmt.Errorf("-service %q: sigma: %w", text, err)
	}
	kind := options["dist"]
	if kind == "" {
		kind = "constant"
	}
	dist, err := parseDistribution(kind, sigma)
	if err != nil {
		return fmt.Errorf("-service %q: %w", text, err)
	}
	one := newStation(int(servers), func(float64) float64 { return mean.Seconds() }, dist, fast, p.stalls, seed)
	for _, operation := range operations {
		if operation == "*" {
			p.everyService = one
		} else {
			p.services[operation] = one
		}
	}
	return nil
}

func (p *plant) addLimit(text string) error {
	operations, value, options, err := parseOptions("limit", text, "burst", "cause", "scope")
	if err != nil {
		return err
	}
	perSecond, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return fmt.Errorf("-limit %q: %w", text, err)
	}
	burst, err := number(options, "burst", max(1, perSecond))
	if err != nil {
		return fmt.Errorf("-limit %q: burst: %w", text, err)
	}
	l := &limit{bucket: newBucket(perSecond, burst), perSecond: perSecond}
	l.cause, l.scope = enumspb.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, enumspb.RESOURCE_EXHAUSTED_SCOPE_NAMESPACE
	if cause := options["cause"]; cause != "" {
		known, found := enumspb.ResourceExhaustedCause_value["RESOURCE_EXHAUSTED_CAUSE_"+cause]
		if !found {
			return fmt.Errorf("-limit %q: unknown cause %q", text, cause)
		}
		l.cause = enumspb.ResourceExhaustedCause(known)
	}
	switch options["scope"] {
	case "", "namespace":
	case "system":
		l.scope = enumspb.RESOURCE_EXHAUSTED_SCOPE_SYSTEM
	default:
		return fmt.Errorf("-limit %q: unknown scope %q; expected namespace or system", text, options["scope"])
	}
	for _, operation := range operations {
		p.limits[operation] = append(p.limits[operation], l)
	}
	return nil
}

func (p *plant) addCliff(text string) error {
	operations, value, _, err := parseOptions("cliff", text)
	if err != nil {
		return err
	}
	kind, amount, _ := strings.Cut(value, ":")
	n, err := strconv.ParseInt(amount, 10, 64)
	if err != nil || n <= 0 || (kind != "rate" && kind != "open") {
		return fmt.Errorf("-cliff %q: expected OPERATION=rate:PER_SECOND or OPERATION=open:WORKFLOWS", text)
	}
	c := &cliff{}
	if kind == "rate" {
		c.perSecond = n
	} else {
		c.open = n
	}
	for _, operation := range operations {
		p.cliffs[operation] = append(p.cliffs[operation], c)
	}
	return nil
}

package main

import "math/rand/v2"

// scale says how much data there is. Everything else about the data follows from it and the seed.
type scale struct {
	Name          string
	Events        int
	Attendees     int
	Statements    int
	People        int
	Organizations int
}

var scales = []scale{
	{"S", 1_000, 20_000, 20_000, 2_000, 400},
	{"L", 100_000, 1_000_000, 1_000_000, 100_000, 10_000},
}

// generation names the generator: a change of what it makes needs a new one, so that kept data is made anew.
const generation = 3

// seed makes the data the same on every machine.
const seed = 20200227

// The skew. Registries are not uniform: some institutes organize every fifth event, some people speak everywhere, and
// most appear a few times. Ids count from 1.
const (
	bigOrganizers   = 3  // organizations 1..3 organize a fifth, a tenth and a twentieth of all events
	midEmployers    = 20 // organizations 11..30 have midStaff people each at either scale
	midStaff        = 60 //
	smallOrganizers = 50 // the last organizations have smallEvents events each at either scale
	smallEvents     = 12 //
	bigPeople       = 20 // people 1..20 take a tenth of all seats
	topics          = 60
	places          = 30
)

// firstMid is the first organization with exactly midStaff people.
const firstMid = 11

func (s scale) firstSmall() int { return s.Organizations - smallOrganizers + 1 }

// documents come with every second event.
func (s scale) documents() int { return s.Events / 2 }

// stream gives the random numbers of one thing: the same for the same thing whatever was asked before.
func stream(kind uint64, id int) *rand.Rand {
	return rand.New(rand.NewPCG(seed^kind<<32, uint64(id)))
}

// The kinds of streams.
const (
	ofSizes uint64 = iota + 1
	ofEvent
	ofAttendee
	ofStatement
	ofText
	ofPerson
	ofOrganization
	ofDocument
	ofRecommendation
)

// sizes shares total seats among n events: many small ones, some large, one at least and limit at most, exactly total.
func sizes(kind int, n, total, limit int) []int {
	r := stream(ofSizes, kind)
	mean := float64(total) / float64(n)
	out := make([]int, n)
	left := total
	for i := range out {
		out[i] = min(limit, 1+int(r.ExpFloat64()*(mean-1)))
		left -= out[i]
	}
	for i := 0; left != 0; i = (i + 1) % n {
		switch {
		case left > 0 && out[i] < limit:
			out[i]++
			left--
		case left < 0 && out[i] > 1:
			out[i]--
			left++
		}
	}
	return out
}

// pick chooses from a few, the first ones more often: weights fall by halves.
func pick[T any](r *rand.Rand, of ...T) T {
	for i := range of[:len(of)-1] {
		if r.IntN(2) == 0 {
			return of[i]
		}
	}
	return of[len(of)-1]
}

// chance is true in percent of a hundred cases.
func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

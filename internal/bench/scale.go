package main

import "math/rand/v2"

// scale is the amount of data. All other properties of the data follow from it and the seed.
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

// generation is the version of the generator. Increase it with every change of the generated data, so that stored data is
// replaced.
const generation = 4

// seed makes the data the same on every machine.
const seed = 20200227

// The skew of the data. Registries are not uniform: some institutes organize every fifth event, some people speak at many
// events, and most appear only a few times. Ids start at 1.
const (
	bigOrganizers   = 3  // organizations 1..3 organize a fifth, a tenth and a twentieth of all events
	midEmployers    = 20 // organizations 11..30 have midStaff people each at both scales
	midStaff        = 60 //
	smallOrganizers = 50 // the last organizations have smallEvents events each at both scales
	smallEvents     = 12 //
	bigPeople       = 20 // people 1..20 are a tenth of all attendees
	topics          = 60
	places          = 30
)

// firstMid is the first organization with exactly midStaff people.
const firstMid = 11

func (s scale) firstSmall() int { return s.Organizations - smallOrganizers + 1 }

// documents returns the number of documents: one for every second event.
func (s scale) documents() int { return s.Events / 2 }

// stream returns the random numbers of one object. They do not depend on the order of calls.
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

// sizes distributes exactly total attendees over n events: many small and some large events, each from 1 to limit.
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

// pick chooses one value. Each value is half as likely as the one before it.
func pick[T any](r *rand.Rand, of ...T) T {
	for i := range of[:len(of)-1] {
		if r.IntN(2) == 0 {
			return of[i]
		}
	}
	return of[len(of)-1]
}

// chance returns true with a probability in percent.
func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

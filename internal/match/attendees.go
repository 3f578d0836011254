package match

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// AttendeeCandidate is a record that an unresolved attendee may be.
//
//	@Description	A person or an organization that an unresolved attendee may be.
type AttendeeCandidate struct {
	Type    string            `json:"type" enums:"people,organizations" example:"people"` // The type of the record, as in its path.
	ID      int64             `json:"id" example:"1"`                                     // The id of the record.
	Name    text.Map          `json:"name"`                                               // Its name by language.
	Matched string            `json:"matched" example:"Talgat Kaliyev"`                   // Its spelling that is most similar to the name as listed.
	Score   float64           `json:"score" example:"0.97"`                               // The similarity of the names, 0 to 1.
	Band    string            `json:"band" enums:"match,possible" example:"match"`        // The decision. A shared organization lowers the score that a match needs.
	Reasons []spelling.Reason `json:"reasons"`                                            // The comparisons behind the decision.
	Added   text.Added        `json:",embed" swaggerignore:"true"`
} //	@name	AttendeeCandidate

// maxAttendeeCandidates is the largest number of candidates for an attendee.
const maxAttendeeCandidates = 5

// Candidates returns the people and organizations that each attendee may be by its name as listed, the best first.
func (m *Matcher) Candidates(ctx context.Context, attendees []attendee.Attendee) ([][]AttendeeCandidate, error) {
	spellings := make([][]string, len(attendees))
	candidates := make([][]AttendeeCandidate, len(attendees))
	for i, a := range attendees {
		candidates[i] = []AttendeeCandidate{}
		if a.NameAsListed != nil {
			spellings[i] = []string{*a.NameAsListed}
		}
	}
	for _, t := range RecordTypes {
		// Twice as many as are returned, because a shared organization changes the order.
		found, err := m.find(ctx, t, names.Possible, 2*maxAttendeeCandidates, spellings)
		if err != nil {
			return nil, err
		}
		for i, a := range attendees {
			organizations := organizationsOf(a)
			for _, d := range decide(t, found[i], source{organizations: organizations}) {
				candidates[i] = append(candidates[i], AttendeeCandidate{
					Type: t.ID, ID: d.ID, Name: d.Name, Matched: d.Reasons[0].Record, Score: d.Score, Band: d.Band, Reasons: d.Reasons,
				})
			}
		}
	}
	for i, list := range candidates {
		slices.SortStableFunc(list, func(a, b AttendeeCandidate) int { // "match" sorts before "possible"
			return cmp.Or(cmp.Compare(a.Band, b.Band), cmp.Compare(b.Score, a.Score))
		})
		candidates[i] = list[:min(len(list), maxAttendeeCandidates)]
	}
	return candidates, nil
}

// organizationsOf returns the organizations that the source names with an attendee, as source has them.
func organizationsOf(a attendee.Attendee) (list []string) {
	for _, f := range a.Affiliations {
		if f.OrganizationID != nil {
			list = append(list, recordPath(Organizations, *f.OrganizationID))
		}
		if f.OrganizationAsListed != nil {
			list = append(list, *f.OrganizationAsListed)
		}
		if f.Organization != nil {
			list = append(list, inLanguage(f.Organization.Name, ""))
		}
	}
	return list
}

// ResolveInput links an attendee.
//
//	@Description	The person or the organization that an unresolved attendee is.
type ResolveInput struct {
	PersonID       *int64 `json:"person_id" validate:"any_of=who_needed OrganizationID,omitnil,gt=0" example:"1"`     // The person.
	OrganizationID *int64 `json:"organization_id" validate:"not_with=one_attendee PersonID,omitnil,gt=0" example:"1"` // Or the organization.
	KeepSpelling   bool   `json:"keep_spelling"`                                                                      // Whether to remember the name as listed even with `learn=false`. Without that parameter, it is always remembered.
} //	@name	ResolveInput

// Resolve links an unresolved attendee, with the errors of attendee.Resolve, and returns it. With learn, or if the input says
// so, the name as listed becomes another name of the record.
func Resolve(ctx context.Context, tx pgx.Tx, id int64, in ResolveInput, learn bool) (attendee.Attendee, error) {
	if err := attendee.Resolve(ctx, tx, id, in.PersonID, in.OrganizationID); err != nil {
		return attendee.Attendee{}, err
	}
	a, err := attendee.Get(ctx, tx, id)
	switch {
	case err != nil || !in.KeepSpelling && !learn || a.NameAsListed == nil || names.IsPlaceholder(*a.NameAsListed):
		return a, err
	}
	name := text.OtherName{Text: *a.NameAsListed, Kind: spelling.AsListed}
	if in.PersonID != nil {
		err = person.AddSpelling(ctx, tx, *in.PersonID, name)
	} else {
		err = organization.AddSpelling(ctx, tx, *in.OrganizationID, name)
	}
	if !in.KeepSpelling && spelling.IsFull(err) { // a full list of names is no reason to leave the attendee unlinked
		err = nil
	}
	return a, err
}

// affiliatedOrganization is an organization where a person works or worked, with the spellings that it is compared by.
type affiliatedOrganization struct {
	text.Ref
	spellings []parsedSpelling
}

type parsedSpelling struct {
	text string
	name names.Name
}

// maxCompared is the number of affiliations of a person that are compared by name. The others are compared by id only.
const maxCompared = 5

// affiliations returns the affiliations of people, by the ids of the people.
func (m *Matcher) affiliations(ctx context.Context, positions map[int64][]person.Position) (map[int64][]affiliatedOrganization, error) {
	compared := map[int64][]parsedSpelling{}
	for _, held := range positions {
		for _, p := range held[:min(len(held), maxCompared)] {
			compared[p.Organization.ID] = nil
		}
	}
	if len(compared) == 0 {
		return nil, nil
	}
	spellings, err := m.Organizations.Spellings(ctx, slices.Collect(maps.Keys(compared)))
	if err != nil {
		return nil, err
	}
	for id, list := range spellings {
		for _, s := range list {
			compared[id] = append(compared[id], parsedSpelling{s, names.ParseOrganization(s)})
		}
	}
	affiliations := make(map[int64][]affiliatedOrganization, len(positions))
	for id, held := range positions {
		for i, p := range held {
			a := affiliatedOrganization{Ref: p.Organization}
			if i < maxCompared {
				a.spellings = compared[a.ID]
			}
			affiliations[id] = append(affiliations[id], a)
		}
	}
	return affiliations, nil
}

const featureOrganization = "organization"

// closestAffiliation compares organizations, by name or id, with the affiliations of a person and returns the most
// similar pair. Its Record is empty if there is nothing to compare.
func closestAffiliation(organizations []string, affiliations []affiliatedOrganization) (best spelling.Reason) {
	for _, o := range organizations {
		if r := compareOrganization(o, affiliations); r.Record != "" && (best.Record == "" || r.Score > best.Score) {
			best = r
		}
	}
	return best
}

func compareOrganization(asked string, affiliations []affiliatedOrganization) (best spelling.Reason) {
	if asked == "" || len(affiliations) == 0 {
		return best
	}
	if id, ok := recordID(Organizations, asked); ok {
		best = spelling.Reason{Feature: featureOrganization, Query: asked, Record: inLanguage(affiliations[0].Name, "")}
		if i := slices.IndexFunc(affiliations, func(a affiliatedOrganization) bool { return a.ID == id }); i >= 0 {
			best.Record, best.Score = inLanguage(affiliations[i].Name, ""), 1
		}
		return best
	}
	name := names.ParseOrganization(asked)
	for _, a := range affiliations {
		for _, s := range a.spellings {
			if score := names.Score(name, s.name); best.Record == "" || score > best.Score {
				best = spelling.Reason{Feature: featureOrganization, Query: asked, Record: s.text, Score: spelling.Rounded(score)}
			}
		}
	}
	return best
}

// commonAffiliation returns the organization that two people share, or else the two that are most similar. Its Record
// is empty if there is nothing to compare.
func commonAffiliation(first, second []affiliatedOrganization) (best spelling.Reason) {
	for i, a := range first {
		name := inLanguage(a.Name, "")
		if slices.ContainsFunc(second, func(b affiliatedOrganization) bool { return b.ID == a.ID }) {
			return spelling.Reason{Feature: featureOrganization, Query: name, Record: name, Score: 1}
		}
		if i < maxCompared {
			if r := compareOrganization(name, second); r.Record != "" && r.Score >= best.Score {
				best = r
			}
		}
	}
	return best
}

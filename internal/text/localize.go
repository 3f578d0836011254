package text

import (
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Added holds the members that a requested language adds to an object: "<field>_text" and "<field>_lang" for each
// language map. It is embedded in the JSON of the object.
type Added map[string]string

var (
	mapType   = reflect.TypeFor[Map]()
	addedType = reflect.TypeFor[Added]()
	plans     sync.Map // reflect.Type -> *plan
)

// plan holds the indexes of the language maps of a struct type, of its Added, and of the fields to descend into.
type plan struct {
	texts []textField
	added []int
	below [][]int
}

type textField struct {
	index []int
	name  string
}

// Localize sets Added in v and in all structs within it. v is a pointer to a struct or a slice of structs.
func Localize(v any, lang string) { localize(reflect.ValueOf(v), lang) }

func localize(v reflect.Value, lang string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			localize(v.Elem(), lang)
		}
	case reflect.Slice:
		for i := range v.Len() {
			localize(v.Index(i), lang)
		}
	case reflect.Struct:
		p := planOf(v.Type())
		if p.added != nil {
			added := make(Added, 2*len(p.texts))
			for _, f := range p.texts {
				if value, used := v.FieldByIndex(f.index).Interface().(Map).In(lang); used != "" {
					added[f.name+"_text"], added[f.name+"_lang"] = value, used
				}
			}
			v.FieldByIndex(p.added).Set(reflect.ValueOf(added))
		}
		for _, index := range p.below {
			localize(v.FieldByIndex(index), lang)
		}
	}
}

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := &plan{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous || !f.IsExported() || name == "-":
		case f.Type == mapType:
			p.texts = append(p.texts, textField{f.Index, name})
		case f.Type == addedType:
			p.added = f.Index
		case reaches(f.Type, nil):
			p.below = append(p.below, f.Index)
		}
	}
	plans.Store(t, p)
	return p
}

// reaches reports whether a value of type t can contain a struct with Added.
func reaches(t reflect.Type, seen []reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return reaches(t.Elem(), seen)
	case reflect.Struct:
		if slices.Contains(seen, t) {
			return false
		}
		for _, f := range reflect.VisibleFields(t) {
			if f.IsExported() && (f.Type == addedType || reaches(f.Type, append(seen, t))) {
				return true
			}
		}
	}
	return false
}

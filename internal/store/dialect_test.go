package store

import "testing"

func TestNumbered_countsPlaceholdersOutsideLiterals(t *testing.T) {
	postgres := dialect{argument: '$'}
	for _, query := range []struct {
		name    string
		dialect dialect
		in      string
		want    string
	}{
		{"none", sqlite, `SELECT 1`, `SELECT 1`},
		{"sqlite", sqlite, `a = ? AND (b, c) < (?, ?)`, `a = ?1 AND (b, c) < (?2, ?3)`},
		{"postgresql", postgres, `VALUES (?,?,?,?,?,?,?,?,?,?)`, `VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`},
		{"literal", postgres, `a = 'why?' AND b = ? AND c = 'it''s?'`, `a = 'why?' AND b = $1 AND c = 'it''s?'`},
	} {
		t.Run(query.name, func(t *testing.T) {
			if got := query.dialect.numbered(query.in); got != query.want {
				t.Errorf("got %s, want %s", got, query.want)
			}
		})
	}
}

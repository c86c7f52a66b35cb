package playbook

import "slices"

// NeverAddressed tells that nothing about a person of a nationality is sent to
// a country, whoever consents: what concerns a holder of a passport of the
// Republic of China (Taiwan) goes to its own representative office and never to
// the People's Republic, its special regions included, as 8 CFR 236.1(e) keeps
// the two apart. Countries are ISO 3166-1 alpha-3.
func NeverAddressed(nationality, country string) bool {
	return nationality == "TWN" && slices.Contains([]string{"CHN", "HKG", "MAC"}, country)
}

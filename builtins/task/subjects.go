package task

import "slices"

// mmluSubjects are MMLU's 57 subjects in the order in which the evaluator asks
// them, with the groups that it reports (Hendrycks et al., "Measuring Massive
// Multitask Language Understanding", ICLR 2021; categories.py of their code).
var mmluSubjects = []Subject{
	{"abstract_algebra", "math", "STEM"},
	{"anatomy", "health", "other (business, health, misc.)"},
	{"astronomy", "physics", "STEM"},
	{"business_ethics", "business", "other (business, health, misc.)"},
	{"clinical_knowledge", "health", "other (business, health, misc.)"},
	{"college_biology", "biology", "STEM"},
	{"college_chemistry", "chemistry", "STEM"},
	{"college_computer_science", "computer science", "STEM"},
	{"college_mathematics", "math", "STEM"},
	{"college_medicine", "health", "other (business, health, misc.)"},
	{"college_physics", "physics", "STEM"},
	{"computer_security", "computer science", "STEM"},
	{"conceptual_physics", "physics", "STEM"},
	{"econometrics", "economics", "social sciences"},
	{"electrical_engineering", "engineering", "STEM"},
	{"elementary_mathematics", "math", "STEM"},
	{"formal_logic", "philosophy", "humanities"},
	{"global_facts", "other", "other (business, health, misc.)"},
	{"high_school_biology", "biology", "STEM"},
	{"high_school_chemistry", "chemistry", "STEM"},
	{"high_school_computer_science", "computer science", "STEM"},
	{"high_school_european_history", "history", "humanities"},
	{"high_school_geography", "geography", "social sciences"},
	{"high_school_government_and_politics", "politics", "social sciences"},
	{"high_school_macroeconomics", "economics", "social sciences"},
	{"high_school_mathematics", "math", "STEM"},
	{"high_school_microeconomics", "economics", "social sciences"},
	{"high_school_physics", "physics", "STEM"},
	{"high_school_psychology", "psychology", "social sciences"},
	{"high_school_statistics", "math", "STEM"},
	{"high_school_us_history", "history", "humanities"},
	{"high_school_world_history", "history", "humanities"},
	{"human_aging", "health", "other (business, health, misc.)"},
	{"human_sexuality", "culture", "social sciences"},
	{"international_law", "law", "humanities"},
	{"jurisprudence", "law", "humanities"},
	{"logical_fallacies", "philosophy", "humanities"},
	{"machine_learning", "computer science", "STEM"},
	{"management", "business", "other (business, health, misc.)"},
	{"marketing", "business", "other (business, health, misc.)"},
	{"medical_genetics", "health", "other (business, health, misc.)"},
	{"miscellaneous", "other", "other (business, health, misc.)"},
	{"moral_disputes", "philosophy", "humanities"},
	{"moral_scenarios", "philosophy", "humanities"},
	{"nutrition", "health", "other (business, health, misc.)"},
	{"philosophy", "philosophy", "humanities"},
	{"prehistory", "history", "humanities"},
	{"professional_accounting", "other", "other (business, health, misc.)"},
	{"professional_law", "law", "humanities"},
	{"professional_medicine", "health", "other (business, health, misc.)"},
	{"professional_psychology", "psychology", "social sciences"},
	{"public_relations", "politics", "social sciences"},
	{"security_studies", "politics", "social sciences"},
	{"sociology", "culture", "social sciences"},
	{"us_foreign_policy", "politics", "social sciences"},
	{"virology", "health", "other (business, health, misc.)"},
	{"world_religions", "philosophy", "humanities"},
}

// SubjectNames lists MMLU's subjects in the order in which they are asked.
func SubjectNames() []string {
	names := make([]string, len(mmluSubjects))
	for i, s := range mmluSubjects {
		names[i] = s.Name
	}
	return names
}

// subjectNamed returns the subject with its groups, if it has any.
func subjectNamed(name string) Subject {
	i := slices.IndexFunc(mmluSubjects, func(s Subject) bool { return s.Name == name })
	if i < 0 {
		return Subject{Name: name}
	}
	return mmluSubjects[i]
}

"""The ground floor: values and small rules that every app may use and that know no app."""

// Package schematest makes JSON Schemas of Go types for tests, keeps them as files, and holds documents against them.
//
// A [Walk] goes through a type and makes its [Schema]; [Kept] compares that with the file that is published. [Read] compiles
// such a file, so that documents can be validated by it: [Document] reads one.
package schematest

// Package render writes a report for its readers: text for people, JSON for programs.
//
// Use [Text] or [JSON]. Both only write what the report holds; nothing is judged here.
package render

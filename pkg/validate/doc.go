// Package validate judges a host by a compatibility spec.
//
// Most people need two functions: [Compile] makes a [Program] of a decoded spec, once, and [Program.Evaluate] judges the
// features of a host by it, as often as there are hosts. A Program is immutable and safe for concurrent use.
//
// # Three values
//
// Every outcome is a match, a mismatch or unknown, in Kleene's logic. Unknown means that the answer could not be had: a
// file of the host was unreadable, a value is not a number. It never hides in a mismatch.
//
//   - An expression that cannot be decided is unknown, with the reason; it never stops the others.
//   - A rule is its matchFeatures AND its matchAny, the latter an OR of ANDs.
//   - A compatibility set is the AND of its rules and its CEL rules.
//   - The sets are alternatives: the image is compatible if any of them matches, or all under [RequireAll]. Of the
//     matching sets the one of highest weight is the best, and of equals the first.
//
// # NFD
//
// The rules are those of Node Feature Discovery, and where its matcher answers rightly, the answer here is the same. An
// instance feature (such as pci.device) satisfies a term only if one single instance satisfies all of its expressions.
package validate

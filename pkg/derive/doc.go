// Package derive makes a compatibility spec from something else: from what an image declares already, from a host, or from
// the rules of an NFD object.
//
// Most people need one function of three: [FromImage] reads NVIDIA_REQUIRE_* and the platform of an image's config,
// [FromNode] makes requirements of chosen features of a host, and [FromRules] takes the matchers of NodeFeatureRule and
// NodeFeatureGroup objects. Each returns a [Draft]: the spec, the comments that [Draft.YAML] writes beside it, and remarks on
// what could not be taken over. A draft is for people to review; [FromImage]'s can be judged by as it is.
//
// # What an image declares
//
// The container toolkit of NVIDIA defines environment variables by which an image says what it needs of a driver. Their
// grammar, with the semantics of the toolkit's C library, libnvidia-container:
//
//	requirement = term *( " " term )       any of the terms
//	term        = factor *( "," factor )   all of the factors
//	factor      = property operator value
//	property    = "cuda" | "driver" | "arch" | "brand"   in any case
//	operator    = "=" | "!=" | "!" | "<" | "<=" | ">" | ">="
//
// All variables must be satisfied, by every GPU. What the library takes for satisfied because it cannot be told, such as the
// driver of a host whose driver does not answer, is unknown here.
package derive

// Package registry finds and fetches the compatibility artifact of a container image, from a registry, from an OCI layout
// directory, or from an archive of one.
//
// Most people need one type and one method: a [Client], whose zero value works, and [Client.Fetch], which takes an image
// reference and a platform and returns an [Image] with its [Artifact]. Errors are matched with errors.Is against the
// sentinels [ErrNotFound], [ErrUnauthorized], [ErrUnreachable], [ErrBrokenAnswer], [ErrCredentials], [ErrNotCached], [ErrPayload],
// [ErrPlatformRequired] and [ErrReference]; all but the last come in an [Error], which names the registry and the digest.
//
// # The way from a reference to a payload
//
// The reference is resolved to a manifest or an index. Of an index, the manifest for the platform is chosen. The platform
// comes first: if the image does not run on it, nothing else is fetched. Then the referrers of the chosen manifest are
// listed, and if it has no artifact, those of the index. A referrer counts only if its fetched manifest bears the artifact
// type and names the subject, whatever the listing says. The newest wins, and its payload is the layer of the spec's media
// type.
//
// # What "no artifact" means
//
// That an image has no artifact is said only of a registry that listed its referrers: through the referrers API, or, if
// the registry says that it has no such API, through the referrers tag schema. Anything else (a login page, junk, a
// refusal, a listed manifest that is not there) is an error and never "no artifact".
//
// # What is trusted
//
// Nothing that is received. Sizes are bounded before the download, digests are verified after it, and the depth of
// indexes, the length of listings and the number of requests have limits.
//
// # Credentials
//
// A client has none unless it is given some: [Credentials] takes a user name and password, a token, or files, of which
// [DefaultCredentialFiles] are those of podman and Docker. They are looked for when a registry asks for a login, and not
// before, and go to that registry and its token service alone: to no host that it redirects to, and to no token service of
// plain HTTP if the registry is one of HTTPS. No error has them in its text, not even where a registry quotes them.
//
// # Writing
//
// [Client.Attach] attaches a spec, so that it is the one that is selected from then on; [Client.List] lists what is attached,
// and [Client.Remove] removes some. What is attached is to be seen only once it is whole, and nothing but compatibility artifacts of the image is ever removed.
//
// References: the OCI image specification v1.1.1 and the OCI distribution specification v1.1.1.
package registry

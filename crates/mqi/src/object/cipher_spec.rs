//! The names that SSLCIPH takes. Old CipherSpecs have names too, whether or not a connection may use them.

const CIPHER_SPECS: &[&str] = &[
    // Whatever both ends have, of these versions.
    "ANY",
    "ANY_TLS12",
    "ANY_TLS12_OR_HIGHER",
    "ANY_TLS13",
    "ANY_TLS13_OR_HIGHER",
    // TLS 1.3
    "TLS_AES_128_CCM_8_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    // TLS 1.2
    "ECDHE_ECDSA_3DES_EDE_CBC_SHA256",
    "ECDHE_ECDSA_AES_128_CBC_SHA256",
    "ECDHE_ECDSA_AES_128_GCM_SHA256",
    "ECDHE_ECDSA_AES_256_CBC_SHA384",
    "ECDHE_ECDSA_AES_256_GCM_SHA384",
    "ECDHE_ECDSA_NULL_SHA256",
    "ECDHE_ECDSA_RC4_128_SHA256",
    "ECDHE_RSA_3DES_EDE_CBC_SHA256",
    "ECDHE_RSA_AES_128_CBC_SHA256",
    "ECDHE_RSA_AES_128_GCM_SHA256",
    "ECDHE_RSA_AES_256_CBC_SHA384",
    "ECDHE_RSA_AES_256_GCM_SHA384",
    "ECDHE_RSA_NULL_SHA256",
    "ECDHE_RSA_RC4_128_SHA256",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_NULL_NULL",
    "TLS_RSA_WITH_NULL_SHA256",
    "TLS_RSA_WITH_RC4_128_SHA256",
    // Older
    "AES_SHA_US",
    "DES_SHA_EXPORT",
    "DES_SHA_EXPORT1024",
    "FIPS_WITH_3DES_EDE_CBC_SHA",
    "FIPS_WITH_DES_CBC_SHA",
    "NULL_MD5",
    "NULL_SHA",
    "RC2_MD5_EXPORT",
    "RC4_56_SHA_EXPORT1024",
    "RC4_MD5_EXPORT",
    "RC4_MD5_US",
    "RC4_SHA_US",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_DES_CBC_SHA",
    "TRIPLE_DES_SHA_US",
];

/// Whether SSLCIPH may say so: the name of a CipherSpec, or blank for none.
pub(super) fn is_valid(name: &str) -> bool {
    let name = name.trim();
    name.is_empty() || CIPHER_SPECS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_exist() {
        for (name, want) in [
            ("", true),
            (" ", true),
            ("ANY_TLS12_OR_HIGHER", true),
            ("ECDHE_RSA_AES_128_GCM_SHA256", true),
            ("any_tls12", false),
            ("ANY_TLS", false),
            ("NONSENSE", false),
        ] {
            assert_eq!(is_valid(name), want, "{name}");
        }
    }
}

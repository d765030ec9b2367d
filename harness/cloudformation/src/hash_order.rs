//! The order in which CloudFormation lists parameters, and types of a template: that of the hash maps that it keeps them in. AWS
//! documents no order; its recorded answers have this one.
//! <https://docs.oracle.com/javase/8/docs/api/java/lang/String.html#hashCode-->

/// Entries of a map that has not grown yet.
const SMALLEST: usize = 16;

/// Sorts what a map has under `key`, as its buckets come one after the other.
pub(crate) fn sort<T>(list: &mut [T], key: impl Fn(&T) -> &str) {
    // A map grows when three quarters of it are full.
    let mut buckets = SMALLEST;
    while list.len() * 4 > buckets * 3 {
        buckets *= 2;
    }
    list.sort_by_key(|one| bucket(key(one), buckets));
}

fn bucket(key: &str, buckets: usize) -> usize {
    let hash = key.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
    usize::try_from(hash ^ (hash >> 16)).unwrap_or_default() & (buckets - 1)
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_come_in_the_order_of_their_buckets() {
        let mut names = ["StreamName", "BucketName", "EnvType", "RoleName"];
        super::sort(&mut names, |name| name);
        let buckets: Vec<usize> = names.iter().map(|name| super::bucket(name, 16)).collect();
        assert!(buckets.is_sorted(), "{names:?} {buckets:?}");
        // The hash of a text of one unit is that unit.
        assert_eq!(super::bucket("a", 16), 97 & 15);
        let mut pair = ["Topic1Name", "Topic2Name"];
        super::sort(&mut pair, |name| name);
        assert_eq!(pair, ["Topic2Name", "Topic1Name"]);
    }
}

//! How layers share the size of a tile.

/// The bytes that each layer may take so that all together take no more than there are: who needs less than an equal part
/// leaves the rest to the others.
pub(super) fn share(sizes: &[usize], bytes: usize) -> usize {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    let (mut left, mut layers) = (bytes, sorted.len());
    for size in sorted {
        let equal = left / layers.max(1);
        if size > equal {
            return equal;
        }
        left = left.saturating_sub(size);
        layers = layers.saturating_sub(1);
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_small_layers_leave_goes_to_large_ones_and_the_whole_is_never_more() {
        for sizes in
            [vec![], vec![10], vec![400, 10, 900], vec![300, 300, 300], vec![1, 2, 3], vec![5000, 5000, 1]]
        {
            let share = share(&sizes, 600);
            let taken: usize = sizes.iter().map(|size| (*size).min(share)).sum();
            assert!(taken <= 600, "{sizes:?}");
            let all: usize = sizes.iter().sum();
            assert!(all <= 600 || taken >= 600 - sizes.len(), "{sizes:?}: {taken}");
        }
        assert_eq!(share(&[400, 10, 900], 600), 295);
    }
}

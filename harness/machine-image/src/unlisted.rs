//! Images that nobody has listed: somebody's own, of which only a person can say what is on them.

use std::sync::Mutex;

use crate::{IMAGES, Image, Platform};

/// Those that were asked for; they are few, and stay.
static ASKED_FOR: Mutex<Vec<&'static Image>> = Mutex::new(Vec::new());

/// An image with this id that has `platform` on it; all else of it is as in that platform's own image. `None` if the platform has none of this
/// architecture.
pub fn unlisted(id: &str, platform: &'static Platform, architecture: &str) -> Option<&'static Image> {
    let mut known = ASKED_FOR.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let same = |image: &&&'static Image| image.id == id && image.platform == platform && image.architecture == architecture;
    if let Some(image) = known.iter().find(same) {
        return Some(image);
    }
    let like = IMAGES.iter().find(|image| image.platform == platform && image.architecture == architecture)?;
    let id: &'static str = Box::leak(id.to_owned().into_boxed_str());
    let image: &'static Image = Box::leak(Box::new(Image { id, name: id, description: "", parameters: &[], ..*like }));
    known.push(image);
    Some(image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RHEL_9, UBUNTU_24_04};

    #[test]
    fn an_unlisted_image_is_like_one_of_its_platform() {
        let image = unlisted("ami-0123", &UBUNTU_24_04, "arm64").unwrap();
        assert_eq!((image.id, image.platform.key, image.architecture), ("ami-0123", "ubuntu-24.04", "arm64"));
        assert_eq!((image.root_device(), image.root_snapshot().as_str()), ("/dev/sda1", "snap-0123"));
        assert!(std::ptr::eq(unlisted("ami-0123", &UBUNTU_24_04, "arm64").unwrap(), image));
        assert_eq!(unlisted("ami-0123", &RHEL_9, "x86_64").unwrap().platform.key, "rhel-9");
        assert_eq!(unlisted("ami-0123", &RHEL_9, "riscv"), None);
    }
}

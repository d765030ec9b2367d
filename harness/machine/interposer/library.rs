//! A library that every program of a machine loads before any other (`/etc/ld.so.preload`): its functions stand before those of the C
//! library of the same name, and set the machine's clock wrong or make its disk slow, as a file of the region's says.
//!
//! A program that calls the kernel without the C library, or whose C library is inside it, is not reached; nor is what the C library
//! calls by itself, as for buffered streams.
#![no_std]

mod clock;
mod disk;
mod state;
mod system;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

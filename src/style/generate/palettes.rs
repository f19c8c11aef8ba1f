//! Palettes: matplotlib's, ColorBrewer's, Okabe and Ito's, Tol's.

use crate::style::Color;

/// What a palette is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// From little to much.
    Sequential,
    /// From a middle to two sides.
    Diverging,
    /// Values without order.
    Qualitative,
}

impl Kind {
    /// `sequential`, `diverging` or `qualitative`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Diverging => "diverging",
            Self::Qualitative => "qualitative",
        }
    }
}

/// A palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Name in addresses.
    pub name: &'static str,
    /// What it is for.
    pub kind: Kind,
    /// Whether people who see colours otherwise tell them apart.
    pub safe: bool,
    /// Its colours, as `0xrrggbb`; those that run have others between them.
    pub(super) anchors: &'static [u32],
}

const fn palette(name: &'static str, kind: Kind, safe: bool, anchors: &'static [u32]) -> Palette {
    Palette { name, kind, safe, anchors }
}

/// All of them; the first of a kind is the usual one.
pub const PALETTES: [Palette; 16] = [
    palette(
        "viridis",
        Kind::Sequential,
        true,
        &[
            0x44_01_54, 0x48_24_75, 0x41_44_87, 0x35_5f_8d, 0x2a_78_8e, 0x21_91_8c, 0x22_a8_84, 0x44_bf_70,
            0x7a_d1_51, 0xbd_df_26, 0xfd_e7_25,
        ],
    ),
    palette(
        "cividis",
        Kind::Sequential,
        true,
        &[
            0x00_22_4e, 0x12_35_70, 0x3b_49_6c, 0x57_5d_6d, 0x70_71_73, 0x8a_86_78, 0xa5_9c_74, 0xc3_b3_69,
            0xe1_cc_55, 0xfe_e8_38,
        ],
    ),
    palette(
        "magma",
        Kind::Sequential,
        true,
        &[
            0x00_00_04, 0x14_0e_36, 0x3b_0f_70, 0x64_1a_80, 0x8c_29_81, 0xb7_37_79, 0xde_49_68, 0xf7_70_5c,
            0xfe_9f_6d, 0xfe_cf_92, 0xfc_fd_bf,
        ],
    ),
    palette(
        "blues",
        Kind::Sequential,
        true,
        &[
            0xf7_fb_ff, 0xde_eb_f7, 0xc6_db_ef, 0x9e_ca_e1, 0x6b_ae_d6, 0x42_92_c6, 0x21_71_b5, 0x08_51_9c,
            0x08_30_6b,
        ],
    ),
    palette(
        "greens",
        Kind::Sequential,
        true,
        &[
            0xf7_fc_f5, 0xe5_f5_e0, 0xc7_e9_c0, 0xa1_d9_9b, 0x74_c4_76, 0x41_ab_5d, 0x23_8b_45, 0x00_6d_2c,
            0x00_44_1b,
        ],
    ),
    palette(
        "ylorrd",
        Kind::Sequential,
        true,
        &[
            0xff_ff_cc, 0xff_ed_a0, 0xfe_d9_76, 0xfe_b2_4c, 0xfd_8d_3c, 0xfc_4e_2a, 0xe3_1a_1c, 0xbd_00_26,
            0x80_00_26,
        ],
    ),
    palette(
        "ylgnbu",
        Kind::Sequential,
        true,
        &[
            0xff_ff_d9, 0xed_f8_b1, 0xc7_e9_b4, 0x7f_cd_bb, 0x41_b6_c4, 0x1d_91_c0, 0x22_5e_a8, 0x25_34_94,
            0x08_1d_58,
        ],
    ),
    palette(
        "rdbu",
        Kind::Diverging,
        true,
        &[
            0x67_00_1f, 0xb2_18_2b, 0xd6_60_4d, 0xf4_a5_82, 0xfd_db_c7, 0xf7_f7_f7, 0xd1_e5_f0, 0x92_c5_de,
            0x43_93_c3, 0x21_66_ac, 0x05_30_61,
        ],
    ),
    palette(
        "puor",
        Kind::Diverging,
        true,
        &[
            0x7f_3b_08, 0xb3_58_06, 0xe0_82_14, 0xfd_b8_63, 0xfe_e0_b6, 0xf7_f7_f7, 0xd8_da_eb, 0xb2_ab_d2,
            0x80_73_ac, 0x54_27_88, 0x2d_00_4b,
        ],
    ),
    palette(
        "brbg",
        Kind::Diverging,
        true,
        &[
            0x54_30_05, 0x8c_51_0a, 0xbf_81_2d, 0xdf_c2_7d, 0xf6_e8_c3, 0xf5_f5_f5, 0xc7_ea_e5, 0x80_cd_c1,
            0x35_97_8f, 0x01_66_5e, 0x00_3c_30,
        ],
    ),
    palette(
        "rdylgn",
        Kind::Diverging,
        false,
        &[
            0xa5_00_26, 0xd7_30_27, 0xf4_6d_43, 0xfd_ae_61, 0xfe_e0_8b, 0xff_ff_bf, 0xd9_ef_8b, 0xa6_d9_6a,
            0x66_bd_63, 0x1a_98_50, 0x00_68_37,
        ],
    ),
    palette(
        "okabe-ito",
        Kind::Qualitative,
        true,
        &[0xe6_9f_00, 0x56_b4_e9, 0x00_9e_73, 0xf0_e4_42, 0x00_72_b2, 0xd5_5e_00, 0xcc_79_a7, 0x00_00_00],
    ),
    palette(
        "tol-bright",
        Kind::Qualitative,
        true,
        &[0x44_77_aa, 0xee_66_77, 0x22_88_33, 0xcc_bb_44, 0x66_cc_ee, 0xaa_33_77],
    ),
    palette(
        "tol-muted",
        Kind::Qualitative,
        true,
        &[
            0xcc_66_77, 0x33_22_88, 0xdd_cc_77, 0x11_77_33, 0x88_cc_ee, 0x88_22_55, 0x44_aa_99, 0x99_99_33,
            0xaa_44_99,
        ],
    ),
    palette(
        "set2",
        Kind::Qualitative,
        false,
        &[0x66_c2_a5, 0xfc_8d_62, 0x8d_a0_cb, 0xe7_8a_c3, 0xa6_d8_54, 0xff_d9_2f, 0xe5_c4_94],
    ),
    palette(
        "paired",
        Kind::Qualitative,
        false,
        &[
            0xa6_ce_e3, 0x1f_78_b4, 0xb2_df_8a, 0x33_a0_2c, 0xfb_9a_99, 0xe3_1a_1c, 0xfd_bf_6f, 0xff_7f_00,
            0xca_b2_d6, 0x6a_3d_9a, 0xff_ff_99, 0xb1_59_28,
        ],
    ),
];

impl Palette {
    /// The palette of a name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PALETTES.iter().find(|palette| palette.name.eq_ignore_ascii_case(name))
    }

    /// So many of its colours, as far apart as may be; `None` when one that doesn't run has fewer.
    #[must_use]
    pub fn colors(&self, count: usize, reversed: bool) -> Option<Vec<Color>> {
        let mut colors: Vec<Color> = match self.kind {
            Kind::Qualitative if count > self.anchors.len() => return None,
            Kind::Qualitative => self.anchors.iter().take(count).map(|rgb| color(*rgb)).collect(),
            // One class has a colour from the middle.
            _ if count == 1 => vec![self.at(0.5)],
            _ => (0..count).map(|index| self.at(index as f64 / (count - 1) as f64)).collect(),
        };
        if reversed {
            colors.reverse();
        }
        Some(colors)
    }

    /// The colour at a share of the way from the first to the last.
    fn at(&self, share: f64) -> Color {
        let place = share.clamp(0.0, 1.0) * (self.anchors.len().saturating_sub(1)) as f64;
        let below = place.floor() as usize;
        let anchor =
            |index: usize| self.anchors.get(index).or(self.anchors.last()).map_or(Color::GREY, |c| color(*c));
        let (a, b, part) = (anchor(below), anchor(below + 1), place - place.floor());
        let run = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
        Color { r: run(a.r, b.r), g: run(a.g, b.g), b: run(a.b, b.b) }
    }
}

fn color(rgb: u32) -> Color {
    let [_, r, g, b] = rgb.to_be_bytes();
    Color { r, g, b }
}

mod bed;
mod imds;
mod instances;
mod networks;
